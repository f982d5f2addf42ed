# SPDX-License-Identifier: Apache-2.0
"""Objects that somebody else compiled: rings, constants and hooks, as the config or the command
line names them."""
import contextlib
import ctypes
import json
import os
import platform
import re
import signal
import subprocess
import tempfile

import harness
from controlled import Controlled

CONFIG = 3
ENVIRONMENT = 2
# a copy of the test's own: probes of a file see whoever runs it
PROBED = harness.public(os.path.join(harness.BIN, "probed"))


def object_path(name):
    return os.path.join(harness.OBJECTS, name + ".bpf.o")


def write_number(number):
    """What tests/bpf/objects look out for: a system call that does nothing, with a number."""
    with contextlib.suppress(ProcessLookupError):
        os.getpgid(number)


def config(sources):
    names = ", ".join(line.split(":")[0].strip() for line in sources.strip().splitlines())
    return (f"version: 1\nsources:\n  {sources.strip()}\nsinks: {{out: {{type: stdout}}}}\n"
            f"pipelines: {{all: {{from: [{names}], handlers: [{{forward: out}}]}}}}\n")


def start(name, *arguments, **popen):
    return harness.Daemon("run", "--object", object_path(name), *arguments,
                          program=harness.RINGMILL, **popen).wait_running()


def refuse(name, *arguments):
    return harness.run("run", "--object", object_path(name), *arguments, program=harness.RINGMILL)


# ---- constants, rings, types, losses -------------------------------------------------------------

def test_constants_reach_the_program():
    daemon = start("numbers", "--type", "struct number", "--constant", f"target={os.getpid()}",
                   "--constant", "flag=true", "--constant", "small=-3", "--constant", "port=65535",
                   "--constant", "wide=-9223372036854775808",
                   "--constant", "huge=18446744073709551615", "--constant", "level=LOUD",
                   "--constant", "word=hello", "--constant", "list=[1, 0x10]",
                   "--constant", "step=3")
    for number in (100000, 100001):
        write_number(number)
    assert daemon.stop() == 0, daemon.stderr
    events = daemon.events()
    assert [event["number"] for event in events] == [100000, 100001]
    del events[0]["time"]
    assert events[0] == {
        "source": "numbers", "number": 100000, "sequence": 3, "flag": True, "small": -3,
        "port": 65535, "wide": -9223372036854775808, "huge": 18446744073709551615, "level": "LOUD",
        "word": "hello", "list": [1, 16, 0]}
    assert daemon.books()["source numbers"]["lost"] is None  # nothing counts them


def test_losses_are_counted_by_variable_struct_and_map():
    """A ring of a page, and nobody reads while it fills: the rest is counted by the program."""
    for lost in ("dropped", "stats.dropped", "misses"):
        source = (f"n: {{object: {object_path('numbers')}, type: struct number, lost: {lost}, "
                  f"ring_size: 4KiB, constants: {{target: {os.getpid()}}}}}")
        daemon = harness.Daemon(config=config(source)).wait_running()
        daemon.pause()
        for number in range(100000, 100200):
            write_number(number)
        daemon.go_on()
        assert daemon.stop() == 0, daemon.stderr
        books = daemon.books()["source n"]
        numbers = [event["number"] for event in daemon.events() if "number" in event]
        assert numbers == list(range(100000, 100000 + len(numbers)))
        assert 0 < books["lost"] == 200 - len(numbers), books


UNCOUNTED = """
version: 1
sources: {made: {object: OBJECT, type: struct TYPE, constants: {target: PID}}}
sinks: {out: {type: file, path: FOLDER/out}}
pipelines: {all: {from: made, handlers: [forward: out]}}
control: {socket: FOLDER/control.sock}
"""


def controlled(name, type_name):
    return Controlled(UNCOUNTED.replace("OBJECT", object_path(name)).replace("TYPE", type_name)
                      .replace("PID", str(os.getpid())))


def test_what_nobody_counts_is_unknown():
    daemon = controlled("numbers", "number")
    write_number(100000)
    harness.wait_for(lambda: daemon.status()["sources"][0]["seen"] == 1, "the record")
    status = daemon.status()
    source = status["sources"][0]
    for thing in (source, source["streams"][0]):
        assert thing["lost"] is None and thing["produced"] is None, thing
    assert source["lost_per_second"] is None and source["streams"][0]["lost_known_by"] is None
    check = next(check for check in status["checks"] if check["name"] == "losses")
    assert status["healthy"] and check["good"] is None, status["checks"]
    assert check["reason"].startswith("lost records are not counted for source made; set ")
    code, text, errors = harness.run("status", "--socket", daemon.path, program=harness.RINGMILL)
    assert code == 0 and "\n  losses: unknown: lost records are not counted " in text, (text, errors)
    assert "\nsource made: produced unknown = seen 1 + discarded 0 + lost unknown; skipped 0; " \
        in text, text
    samples = [line for line in daemon.ask("/metrics")[1].splitlines() if line[0] != "#"]
    assert any(line.startswith("ringmill_source_seen_total") for line in samples)
    for name in ("source_lost", "source_produced", 'check_good{check="losses"'):
        assert not any(line.startswith("ringmill_" + name) for line in samples), samples
    assert daemon.stop() == 0, daemon.stderr
    assert daemon.books()["source made"] == {"produced": None, "seen": 1, "discarded": 0,
                                             "lost": None, "skipped": 0}


def test_skipped_runs_are_counted():
    """Each call makes the program come to its own tracepoint once. Where programs can be preempted,
    runs for other processes are skipped, too."""
    if platform.machine() != "x86_64":
        print("skipped: this machine does not have that tracepoint")
        return
    daemon = controlled("nested", "fault")
    for _ in range(50):
        write_number(0)

    def skipped():
        return daemon.status()["sources"][0]["skipped"]
    harness.wait_for(lambda: skipped() >= 50, "the skipped runs")
    samples = re.findall(r'ringmill_source_skipped_total{source="made"} (\d+)\n',
                         daemon.ask("/metrics")[1])
    assert int(samples[0]) >= 50, samples
    text = harness.run("status", "--socket", daemon.path, program=harness.RINGMILL)[1]
    assert int(re.search(r"; skipped (\d+); ", text)[1]) >= 50, text
    with open(os.path.join(daemon.folder.name, "ringmill.yaml"), "a", encoding="utf-8") as file:
        file.write("health: {max_loss_rate: 7}\n")
    daemon.process.send_signal(signal.SIGHUP)
    harness.wait_for(lambda: daemon.status()["config_generation"] == 2, "the reload")
    assert skipped() >= 50  # the source is the same
    for _ in range(5):
        write_number(0)
    assert daemon.stop() == 0, daemon.stderr
    books = daemon.books()["source made"]
    assert 0 < books["seen"] <= books["skipped"] and books["skipped"] >= 55, books
    assert re.search(r"warning: the kernel skipped \d+ runs of BPF programs", daemon.stderr)


def is_asleep(process):
    with open(f"/proc/{process.pid}/wchan", encoding="ascii") as file:
        return "nanosleep" in file.read()


def test_missed_kretprobes_are_skipped_runs():
    """More calls wait for their return than there is room for by default."""
    daemon = harness.Daemon("run", "--object", object_path("returns"), program=harness.RINGMILL)
    harness.wait_for(lambda: daemon.process.poll() is not None or
                     any(line.endswith("running") for line in daemon.stderr_lines), "the daemon")
    if daemon.process.poll() is not None:
        assert "this kernel does not have kprobes" in daemon.stderr, daemon.stderr
        print("skipped: this kernel has no kprobes")
        return
    sleepers = [subprocess.Popen(["sleep", "1000"]) for _ in range(4 * os.cpu_count() + 32)]
    harness.wait_for(lambda: all(map(is_asleep, sleepers)), "all to sleep")
    for sleeper in sleepers:
        sleeper.kill()
        sleeper.wait()
    assert daemon.stop() == 0, daemon.stderr
    pids = {sleeper.pid for sleeper in sleepers}
    seen = sum(event["pid"] in pids for event in daemon.events() if "pid" in event)
    books = daemon.books()["source returns"]
    assert seen < len(sleepers) <= seen + books["skipped"], (seen, books)


def test_types_by_a_selector():
    source = (f"k: {{object: {object_path('kinds')}, select: header.kind, "
              f"types: {{EVEN: struct even, 2: struct odd}}, as: {{address: ipv4, narrow: hex}}, "
              f"sequence: header.sequence, constants: {{target: {os.getpid()}}}}}")
    daemon = harness.Daemon(config=config(source)).wait_running()
    for number in range(100000, 100020):
        write_number(number)
    assert daemon.stop() == 0, daemon.stderr
    events = daemon.events()
    assert [event.get("number", 2 * event.get("half", 0)) for event in events] == list(
        range(100000, 100020)), events
    assert {event["address"] for event in events if "address" in event} == {"127.0.0.1"}
    assert daemon.books()["source k"]["lost"] == 0


def test_shards_that_are_made_filled_or_keyed():
    """Each number goes into one ring of each map; sorted by time, they are in order again."""
    rings = ", ".join(f"{name}: {{type: struct number, order: time, hold: 10ms}}"
                      for name in ("empty", "filled", "keyed"))
    source = (f"s: {{object: {object_path('shards')}, rings: {{{rings}}}, "
              f"constants: {{target: {os.getpid()}}}}}")
    daemon = harness.Daemon(config=config(source)).wait_running()
    cpus = len(os.sched_getaffinity(0))
    for number in range(100000, 100100):
        write_number(number)
    assert daemon.stop() == 0, daemon.stderr
    events = daemon.events()
    assert len(events) == (300 if cpus > 1 else 200), len(events)
    for number in range(100000, 100100):
        assert [event["shard"] for event in events if event["number"] == number].count(
            number & 1) == len(events) // 100
    assert daemon.books()["source s"]["seen"] == len(events)


# ---- network -------------------------------------------------------------------------------------

@contextlib.contextmanager
def veth():
    """A network namespace with an interface rm0, and another one behind it. Yields the namespace
    and what sends a packet of so many bytes to it."""
    inner, outer = f"rm-in-{os.getpid()}", f"rm-out-{os.getpid()}"

    def ip(*arguments):
        subprocess.run(["ip", *arguments], check=True, stdout=subprocess.DEVNULL)

    def send(size):
        program = (f"import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM)"
                   f".sendto(bytes({size}), ('192.0.2.1', 9))")
        subprocess.run(["ip", "netns", "exec", outer, "python3", "-c", program], check=True)

    ip("netns", "add", inner)
    ip("netns", "add", outer)
    try:
        ip("-n", inner, "link", "add", "rm0", "type", "veth", "peer", "name", "rm1", "netns", outer)
        for name, interface, address in ((inner, "rm0", "192.0.2.1"), (outer, "rm1", "192.0.2.2")):
            ip("-n", name, "addr", "add", address + "/24", "dev", interface)
            ip("-n", name, "link", "set", interface, "up")
        yield inner, send
    finally:
        ip("netns", "del", inner)
        ip("netns", "del", outer)


def start_inside(namespace, *arguments):
    return harness.Daemon("netns", "exec", namespace, harness.RINGMILL, "run", "--object",
                          object_path("network"), "--type", "struct packet", *arguments,
                          program="ip").wait_running()


def filters(namespace, direction):
    shown = subprocess.run(["ip", "netns", "exec", namespace, "tc", "filter", "show", "dev", "rm0",
                            direction], check=True, capture_output=True, text=True).stdout
    return len(re.findall(r"handle 0x", shown))


def test_xdp_on_a_veth():
    with veth() as (namespace, send):
        daemon = start_inside(namespace, "--program", "on_xdp", "--interface", "rm0")
        send(1000)
        assert daemon.stop() == 0, daemon.stderr
        events = daemon.events()
        assert {event["place"] for event in events} == {"AT_XDP"}
        assert 14 + 20 + 8 + 1000 in [event["length"] for event in events]


def test_tc_is_replaced_at_start_and_removed_at_stop():
    arguments = ("--program", "on_ingress", "--program", "on_either", "--interface", "rm0",
                 "--direction", "egress")
    with veth() as (namespace, send):
        daemon = start_inside(namespace, *arguments)
        daemon.stop(signal.SIGKILL)
        assert filters(namespace, "ingress") == filters(namespace, "egress") == 1
        daemon = start_inside(namespace, *arguments)
        assert filters(namespace, "ingress") == filters(namespace, "egress") == 1
        send(1000)
        assert daemon.stop() == 0, daemon.stderr
        assert filters(namespace, "ingress") == filters(namespace, "egress") == 0
        assert "AT_INGRESS" in {event["place"] for event in daemon.events()}


def test_an_interface_that_is_not_there():
    code, _, errors = refuse("network", "--program", "on_xdp", "--type", "struct packet",
                             "--interface", "loo")
    assert code == ENVIRONMENT
    assert 'program "on_xdp" (xdp): no network interface is named "loo"; allowed are lo' in errors
    assert 'did you mean "lo"?' in errors


def test_a_cgroup():
    mounts = open("/proc/self/mounts", encoding="utf-8").read()
    root = re.search(r"^\S+ (\S+) cgroup2 ", mounts, re.M)[1]
    folder = os.path.join(root, f"ringmill-test-{os.getpid()}")
    os.mkdir(folder)
    try:
        daemon = start("network", "--program", "on_cgroup", "--type", "struct packet", "--cgroup",
                       folder)
        program = ("import os, socket; "
                   f"open('{folder}/cgroup.procs', 'w').write(str(os.getpid())); "
                   "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)"
                   ".sendto(bytes(500), ('127.0.0.1', 9))")
        subprocess.run(["python3", "-c", program], check=True)
        assert daemon.stop() == 0, daemon.stderr
        assert [(event["place"], event["length"]) for event in daemon.events()] == [
            ("AT_CGROUP", 20 + 8 + 500)]
    finally:
        os.rmdir(folder)
    code, _, errors = refuse("network", "--program", "on_cgroup", "--type", "struct packet",
                             "--cgroup", "/tmp")
    assert code == ENVIRONMENT and "/tmp is not a cgroup of version 2" in errors, errors


# ---- programs ------------------------------------------------------------------------------------

class Probed:
    def __init__(self):
        self.process = subprocess.Popen([PROBED], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)

    def call(self, number):
        self.process.stdin.write(f"{number}\n")
        self.process.stdin.flush()
        assert int(self.process.stdout.readline()) == 2 * number

    def end(self):
        self.process.communicate()


def probe(*arguments):
    """What two running programs show of their calls: [(kind, pid, value), ...], and their pids."""
    traced, other = Probed(), Probed()
    daemon = start("probes", "--type", "struct probe", *[
        text.format(pid=traced.process.pid) for text in arguments])
    traced.call(4)
    other.call(5)
    traced.call(6)
    assert daemon.stop() == 0, daemon.stderr
    traced.end()
    other.end()
    events = [(event["kind"], event["pid"], event["value"]) for event in daemon.events()]
    return events, traced.process.pid, other.process.pid


def test_uprobes_of_all_processes_and_of_one():
    functions = ("--program", "on_entry", "--program", "on_return", "--symbol", "probed_double")
    events, one, two = probe(*functions, "--binary", PROBED)
    assert events == [("ENTRY", one, 4), ("RETURN", one, 8), ("ENTRY", two, 5), ("RETURN", two, 10),
                      ("ENTRY", one, 6), ("RETURN", one, 12)], events
    events, one, _ = probe(*functions, "--pid", "{pid}")
    assert events == [("ENTRY", one, 4), ("RETURN", one, 8), ("ENTRY", one, 6),
                      ("RETURN", one, 12)], events


def test_usdt():
    events, one, two = probe("--program", "on_marker", "--binary", PROBED, "--usdt",
                             "probed:number")
    assert events == [("MARKER", one, 4), ("MARKER", two, 5), ("MARKER", one, 6)], events


def test_a_usdt_argument_that_libbpf_does_not_find():
    """Never a wrong value: libbpf reads the note, and does not know the place."""
    if os.uname().machine != "x86_64":
        raise harness.Lacking("the place is one of x86_64")
    code, _, errors = refuse("probes", "--type", "struct probe", "--program", "on_marker", "--usdt",
                             "probed:indexed", "--binary", PROBED)
    assert code == ENVIRONMENT and (
        'program "on_marker" (usdt): libbpf 1.1, with which ringmill is made, cannot find an argument '
        "of the probe; libbpf 1.7 and later know more places (libbpf: usdt: unrecognized") in errors, errors


def test_what_a_binary_does_not_have():
    for arguments, expected in (
            (("--program", "on_entry", "--symbol", "nothing", "--binary", PROBED),
             f'{PROBED} has no function "nothing"'),
            (("--program", "on_marker", "--usdt", "a:b", "--binary", PROBED),
             f"{PROBED} has no USDT probe a:b"),
            (("--program", "on_entry", "--symbol", "main", "--binary", "/bin/nonsuch"),
             "cannot read /bin/nonsuch: No such file or directory; set --binary to the program or "
             "library to trace\n")):
        code, _, errors = refuse("probes", "--type", "struct probe", *arguments)
        assert code == ENVIRONMENT and expected in errors, errors


def test_sampling():
    daemon = start("probes", "--type", "struct probe", "--program", "on_sample", "--perf", "99",
                   "--count", "3")
    busy = subprocess.Popen(["python3", "-c", "while True: pass"])
    try:
        assert daemon.wait() == 0, daemon.stderr
    finally:
        busy.kill()
        busy.wait()
    assert [event["kind"] for event in daemon.events()] == ["SAMPLE"] * 3


# ---- what a kernel refuses -----------------------------------------------------------------------

def test_the_verifier_is_heard():
    code, _, errors = refuse("refused", "--program", "wild")
    assert code == ENVIRONMENT
    assert ('source refused: the kernel\'s verifier refused program "wild" (raw_tp/sys_enter): '
            "R1 invalid mem access 'scalar'\n") in errors, errors
    assert "R1 invalid mem access" in errors.splitlines()[-1], errors
    assert len(errors.splitlines()) <= 6, errors


def test_hooks_that_the_kernel_lacks():
    for program, expected in (
            ("probed", 'program "probed" (kprobe/do_nothing_of_the_kind): this kernel '),
            ("traced", 'program "traced" (tp/syscalls/sys_enter_nonsuch): this kernel does not '
                       "have that tracepoint\n"),
            ("typed", 'program "typed" (tp_btf/nonsuch): this kernel has no such hook, or its BTF '
                      "does not describe it\n")):
        code, _, errors = refuse("refused", "--program", program)
        assert code == ENVIRONMENT and "source refused: " + expected in errors, errors


def test_all_that_the_kernel_cannot_run_is_named_at_once():
    """With what would be left, if anything would."""
    some = [word for program in ("wild", "traced", "typed") for word in ("--program", program)]
    lines = ['    program "traced" (tp/syscalls/sys_enter_nonsuch): this kernel does not have that '
             "tracepoint",
             "    the kernel's verifier refused program \"wild\" (raw_tp/sys_enter): R1 invalid mem "
             "access 'scalar'",
             '    program "typed" (tp_btf/nonsuch): this kernel has no such hook, or its BTF does not '
             "describe it"]
    code, _, errors = refuse("refused", *some)
    assert code == ENVIRONMENT
    assert errors.splitlines()[-4:] == [
        "ringmill: error: source refused: this kernel cannot run 3 of 3 programs", *lines], errors
    code, _, errors = refuse("refused", *some, "--program", "good")
    assert code == ENVIRONMENT
    *rest, last = errors.splitlines()
    assert rest[-4:] == [
        "ringmill: error: source refused: this kernel cannot run 3 of 4 programs; without those, "
        "these are left: good; say --optional all", *lines], errors
    assert last.startswith("try: ringmill run ") and last.endswith(" --optional all"), errors
    code, _, errors = refuse("refused", "--program", "wild", "--program", "good")
    assert ("access 'scalar'; without it, these are left: good; say --optional wild\n"
            in errors), errors
    daemon = start("refused", *some, "--program", "good", "--optional", "all")
    assert daemon.stop() == 0, daemon.stderr
    for program in ("wild", "traced", "typed"):
        assert f"source refused: continuing without program {program}: " in daemon.stderr


def test_what_cannot_be_attached_is_named_with_what_cannot_be_loaded():
    code, _, errors = refuse("refused", "--program", "wild", "--program", "good", "--attach",
                             "good=raw_tp/nonsuch")
    assert code == ENVIRONMENT
    assert errors.splitlines() == [
        "ringmill: error: source refused: this kernel cannot run 2 of 2 programs",
        "    the kernel's verifier refused program \"wild\" (raw_tp/sys_enter): R1 invalid mem "
        "access 'scalar'",
        '    program "good" (raw_tp/nonsuch): this kernel does not have that tracepoint'], errors


def test_optional_programs_are_left_out():
    programs = ("wild", "probed", "traced", "typed")
    arguments = [word for program in (*programs, "good") for word in ("--program", program)]
    arguments += [word for program in programs for word in ("--optional", program)]
    daemon = start("refused", *arguments)
    assert daemon.stop() == 0, daemon.stderr
    for program in programs:
        assert f"source refused: continuing without program {program}: " in daemon.stderr, \
            daemon.stderr
    assert "without good" not in daemon.stderr


def test_what_can_never_be_attached():
    code, _, errors = refuse("refused")
    assert code == CONFIG
    assert ('--object: program "chooser" (sk_lookup) cannot be attached: it is a socket lookup '
            "program, and it chooses among the listening sockets that its own user space gives it; "
            "load it without attaching it; say --attach chooser=none") in errors, errors
    assert ('the section name of program "stranger", "strange/section", does not tell its type and '
            "where it is to be attached, or is newer than libbpf 1.1; as in --attach "
            "stranger=tracepoint/GROUP/NAME") in errors, errors


def test_the_type_is_asked_for():
    code, _, errors = refuse("streams")
    assert code == CONFIG, errors
    assert errors.endswith(
        "ringmill: error: --object: ring mixed: which type do the records have? found in the object, "
        "for records of 8, 16, 24, 26 or 32 bytes: shard_event, small_event, first, second, third, "
        "fourth; for example, --ring mixed --select FIELD --types 1=shard_event --types 2=small_event "
        "--types 3=first --types 4=second --types 5=third --types 6=fourth\n"), errors


def test_types_that_are_as_long():
    """An unused variable keeps one type, and the programs fill records of two."""
    expected = "found in the object, for records of 16 bytes: opened, closed"
    code, _, errors = refuse("alike")
    assert code == CONFIG, errors
    assert errors == (f"ringmill: error: --object: which type do the records have? {expected}; for example, "
                      "--select FIELD --types 1=opened --types 2=closed\n"), errors
    code, output, errors = harness.run("schema", "--json", object_path("alike"),
                                       program=harness.RINGMILL)
    assert code == 0 and json.loads(output)["rings"][0]["open"] == expected, output + errors
    daemon = start("alike", "--select", "kind", "--types", "1=opened", "--types", "2=closed",
                   "--constant", f"mark_key={os.getpid()}")
    mark, prctl = 0x726D, ctypes.CDLL(None).prctl
    prctl(mark, ctypes.c_ulong(7), ctypes.c_ulong(os.getpid()))
    assert daemon.stop() == 0, daemon.stderr
    events = [{key: event[key] for key in event if key != "source"} for event in daemon.events()]
    assert events == [
        {"type": "opened", "kind": 1, "number": 7, "inode": 1007},
        {"type": "closed", "kind": 2, "number": 7, "result": -9, "low": 1, "high": 2}], events


def test_missing_arguments_are_named():
    for arguments, expected in (
            (("--program", "on_xdp"),
             '--object: program "on_xdp" (xdp) needs "interface"; as in --interface eth0'),
            (("--program", "on_either", "--interface", "lo"),
             '--object: program "on_either" (classifier) needs "direction"; as in --direction ingress')):
        code, _, errors = refuse("network", "--type", "struct packet", *arguments)
        said, tried = errors.splitlines()
        assert (code, said) == (CONFIG, f"ringmill: error: {expected}"), errors
        assert tried == " ".join(("try: ringmill run --object", object_path("network"), "--type",
                                  "'struct packet'", *arguments, expected.split("; as in ")[1])), errors


# ---- files that are none -------------------------------------------------------------------------

def test_files_that_are_no_objects():
    with tempfile.TemporaryDirectory() as folder:
        whole = open(object_path("numbers"), "rb").read()
        for content, expected in (
                (b"", "is empty"),
                (b"Hello\n", "is not an ELF file; make a BPF object with clang -O2 -g -target bpf "
                             "-c"),
                (whole[:len(whole) // 2], "is truncated: its section table ends at byte"),
                (open("/bin/true", "rb").read(), "is compiled for ")):
            path = os.path.join(folder, "x.bpf.o")
            with open(path, "wb") as file:
                file.write(content)
            code, _, errors = harness.run("run", "--object", path, program=harness.RINGMILL)
            assert code == CONFIG, errors
            assert f"ringmill: error: --object: {path} {expected}" in errors, errors


harness.main()
