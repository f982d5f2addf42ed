# SPDX-License-Identifier: Apache-2.0
"""Programs of all kinds (tests/bpf/styles), and the options that attach them where they belong."""
import contextlib
import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile

import harness

MARK = 0x726D
STYLES = os.path.join(os.path.abspath(harness.BIN), "styles")
PAYLOADS = range(100, 105)  # bytes of the packets that a test sends; nobody else is in its network
UDP, ETHERNET = 20 + 8, 14
libc = ctypes.CDLL(None, use_errno=True)


def style(name):
    return os.path.join(STYLES, name + ".bpf.o")


@contextlib.contextmanager
def observe(name, *arguments):
    """Runs `ringmill run --object`; yields a list that has the events afterwards."""
    daemon = harness.Daemon("run", "--object", style(name), *arguments,
                            program=harness.RINGMILL).wait_running()
    events = []
    yield events
    assert daemon.stop() == 0, daemon.stderr
    for event in daemon.events():
        assert event.pop("source") == name, event
        events.append(event)


def refuse(name, *arguments):
    code, _, stderr = harness.run("run", "--object", style(name), *arguments,
                                  program=harness.RINGMILL)
    assert code != 0
    return stderr


def read_events(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file.read().split("\n")[:-1]]


def send_packets():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
            receiver.bind(("127.0.0.1", 0))
            for size in PAYLOADS:
                sender.sendto(bytes(size), receiver.getsockname())


def mark(number):
    libc.prctl(MARK, ctypes.c_ulong(number), ctypes.c_ulong(os.getpid()), 0, 0)


def test_socket_filter():
    assert '(socket) needs "interface"; as in --interface eth0\n' in refuse("socket_filter")
    with observe("socket_filter", "--interface", "lo") as events:
        send_packets()
    lengths = [ETHERNET + UDP + size for size in PAYLOADS]
    here, outgoing = 0, 4
    for kind in here, outgoing:
        assert [event["length"] for event in events if event["kind"] == kind] == lengths, events
    assert {event["interface"] for event in events} == {socket.if_nametoindex("lo")}


def test_names_of_tc_programs():
    said = refuse("tc_names", "--interface", "lo")
    for line in ('program "plain_tc" (tc) needs "direction"; as in --direction ingress\n',
                 'the section name of program "loader", "tc_ingress", does not tell its type and '
                 "where it is to be attached, or is newer than libbpf 1.1; as in --attach loader=tc/ingress\n"):
        assert line in said, said
    with observe("tc_names", "--interface", "lo", "--direction", "plain_tc=egress", "--direction",
                 "plain_classifier=ingress", "--direction", "plain_action=ingress", "--attach",
                 "loader=tc/egress") as events:
        send_packets()
    lengths = [ETHERNET + UDP + size for size in PAYLOADS]
    for which in range(1, 9):
        assert [event["length"] for event in events if event["which"] == which] == lengths, which


def test_interfaces_by_program():
    with observe("tc_names", "--program", "tc_egress", "--program", "tcx_ingress", "--program",
                 "loader", "--attach", "loader=socket", "--interface", "tcx_ingress=lo",
                 "--interface", "tc_egress=lo", "--interface", "loader=lo") as events:
        send_packets()
    assert {event["which"] for event in events} == {2, 3, 8}
    assert "ringmill: error: --direction plain_tc may be given only once\n" in refuse(
        "tc_names", "--direction", "plain_tc=egress", "--direction", "plain_tc=ingress")
    assert "ringmill: error: --attach loader: expected P=SECTION\n" in refuse(
        "tc_names", "--attach", "loader")


def test_netfilter():
    assert '(netfilter) needs "netfilter"; as in --netfilter ipv4/input\n' in refuse("netfilter")
    for place, hook in ("ipv4/input", 1), ("ipv4/output/-50", 3):
        with observe("netfilter", "--netfilter", place) as events:
            send_packets()
        assert events == [{"length": UDP + size, "hook": hook, "family": socket.AF_INET}
                          for size in PAYLOADS], events
    assert '"ipv4/inptu" is not a netfilter hook; write FAMILY/HOOK' in refuse(
        "netfilter", "--netfilter", "ipv4/inptu")
    with observe("netfilter", "--attach", "on_packet=netfilter/ipv4/input"):
        assert "another BPF program has the priority 100 at this netfilter hook" in refuse(
            "netfilter", "--netfilter", "ipv4/input")


def test_iterators_are_run_every_so_often():
    daemon = harness.Daemon("run", "--object", style("iterator"), "--constant",
                            f"mark_key={os.getpid()}", "--every", "10ms", "--count", "5",
                            program=harness.RINGMILL)
    assert daemon.wait() == 0, daemon.stderr
    events = [event for event in daemon.events() if event["number"] == os.getpid()]
    assert [event["run"] for event in events] == list(range(len(events))) and events, events
    assert events[0]["comm"].startswith("python"), events


def test_an_iterator_over_a_map():
    arguments = ("--program", "each_element", "--every", "1h")
    assert '(iter/bpf_map_elem) needs "elements"; as in --elements numbers\n' in refuse(
        "iterator", *arguments)
    assert 'the object has no map "number"; allowed are numbers; did you mean "numbers"?' in (
        refuse("iterator", *arguments, "--elements", "number"))
    daemon = harness.Daemon("run", "--object", style("iterator"), *arguments, "--elements",
                            "numbers", "--count", "3", program=harness.RINGMILL)
    assert daemon.wait() == 0, daemon.stderr
    assert [(event["run"], event["number"]) for event in daemon.events()] == [
        (0, 0), (1, 0), (2, 0)], daemon.events()


def test_iterators_cannot_be_kept():
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(f"version: 1\nsources: {{s: {{object: {style('iterator')}, keep: pin}}}}\n"
                   "sinks: {out: {type: stdout}}\n"
                   "pipelines: {p: {from: s, handlers: [{forward: out}]}}\n")
        file.flush()
        code, _, stderr = harness.run("--check", "--config", file.name)
    assert code == 3 and "it is an iterator, and it runs only while ringmill runs it" in stderr, stderr


def test_uprobes_at_many_functions():
    with tempfile.TemporaryDirectory(prefix="ringmill-test.") as folder:
        program = shutil.copy(os.path.join(harness.BIN, "call-loop"), folder)
        with observe("uprobe_multi", "--binary", program, "--binary", f"on_call={program}",
                     "--symbol", "on_end=mai*", "--cookie", "on_call=7") as events:
            subprocess.run([program, "5"], check=True)
        assert events == [
            *({"cookie": 7, "number": n, "which": 1} for n in range(5)),
            {"cookie": 0, "number": 0, "which": 2}], events
        said = refuse("uprobe_multi", "--program", "on_end", "--binary", program, "--symbol",
                      "no_*")
        assert f'no function of {program} matches "no_*"; list them with: nm -D {program}' in said
    assert 'no program or library is named "call-loop"; set --binary to its path\n' in refuse(
        "uprobe_multi", "--program", "on_call")


def test_what_is_offered_for_probes():
    """A function that the binary has, and a binary that has the function."""
    said = refuse("uprobe_multi", "--program", "on_end", "--binary", "libc.so.6")
    assert said.endswith("--symbol malloc\n"), said
    said = refuse("uprobe_multi", "--program", "on_end", "--symbol", "free")
    assert said.endswith("--binary libc.so.6\n"), said
    said = refuse("uprobe_multi", "--program", "on_end", "--symbol", "of_no_binary")
    assert "; as in --binary FILE\n" in said and "try: " not in said, said
    code, _, said = harness.run(
        "run", "--object", os.path.join(harness.OBJECTS, "probes.bpf.o"), "--program", "on_entry",
        "--program", "on_return", "--binary", "on_entry=libc.so.6", "--symbol", "on_entry=free",
        program=harness.RINGMILL)
    assert code == 3 and said.splitlines()[-1].endswith(
        "--binary on_entry=libc.so.6 --symbol on_entry=free --binary /usr/bin/bash --symbol readline"), said
    said = refuse("iterator", "--program", "each_element")
    assert said.endswith("--elements numbers\n"), said
    said = refuse("iterator", "--program", "each_element", "--elements", "events")
    assert 'map "events" is of a type that iterators cannot read; allowed are numbers' in said, said


def test_sections_of_other_loaders():
    """What the program gets tells its type where its section does not."""
    path = os.path.join(harness.OBJECTS, "sections.bpf.o")

    def run(*arguments):
        return harness.run("run", "--object", path, *arguments, program=harness.RINGMILL)[2]

    said = run("--program", "on_packet", "--interface", "lo")
    assert said.endswith("--interface lo --attach on_packet=tc/ingress\n"), said
    assert "takes this argument" not in said, said
    said = run("--attach", "on_packet=tc/ingress", "--interface", "lo", "--attach", "callee=none",
               "--attach", "untyped=none")
    assert ('program "untyped" (main) cannot be loaded: neither its section name nor the type of its '
            "context tells what type it has; list the others in --program\n") in said, said
    daemon = harness.Daemon("run", "--object", path, "--program", "on_packet", "--program", "callee",
                            "--attach", "on_packet=tc/ingress", "--interface", "lo", "--attach",
                            "callee=none", "--map-value", "tails[0]=callee",
                            program=harness.RINGMILL).wait_running()
    send_packets()
    assert daemon.stop() == 0, daemon.stderr
    lengths = [ETHERNET + UDP + size for size in PAYLOADS]
    for which in 1, 2:
        assert [event["length"] for event in daemon.events() if event["which"] == which] == lengths


def test_cookies_and_sections_by_program():
    with observe("cookies", "--constant", f"mark_key={os.getpid()}", "--attach",
                 "other=tracepoint/syscalls/sys_enter_prctl", "--cookie", "one=11", "--cookie",
                 "other=22") as events:
        for number in range(3):
            mark(number)
    for cookie in 11, 22:
        assert [event["number"] for event in events if event["cookie"] == cookie] == [0, 1, 2], events
    assert len(events) == 6
    assert ('"my_section", does not tell its type and where it is to be attached, or is newer '
            "than libbpf 1.1; as in --attach other=tracepoint/GROUP/NAME\n") in refuse("cookies")


FILLED = ("settings[0].enabled=1", "settings[0].limits.low=-3", "settings[0].limits.high=0xffffffffff",
          "settings[0].word=hello", "targets[7]=99", "names[web]=5", "per_cpu[1]=6")


def test_values_of_maps_and_members():
    arguments = ("--attach", "second=none", "--constant", f"mark_key={os.getpid()}", "--map-value",
                 "steps[1]=second")
    with observe("filled", *arguments) as events:
        mark(1)
    assert events == []
    values = [word for value in FILLED for word in ("--map-value", value)]
    with observe("filled", *arguments, *values, "--constant", "options.twice=5", "--constant",
                 "options.inner.more=100") as events:
        for number in range(3):
            mark(number)
    assert events == [{"number": n + 110, "target": 99, "high": 0xFFFFFFFFFF, "low": -3,
                       "per_cpu": 6, "named": 5, "word": "hello"} for n in range(3)], events


def test_values_of_maps_in_a_config():
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(f"""
version: 1
sources:
  filled:
    object: {style("filled")}
    attach: {{second: none}}
    constants: {{mark_key: {os.getpid()}, options: {{twice: 1}}}}
    maps:
      settings: {{values: {{0: {{enabled: 1, limits: {{low: 2}}}}}}}}
      targets: {{values: {{7: 3}}}}
      names: {{values: {{web: 4}}}}
      per_cpu: {{values: {{0: 1, 1: 5}}}}
      steps: {{values: {{1: second}}}}
sinks: {{out: {{type: stdout}}}}
pipelines: {{p: {{from: filled, handlers: [{{forward: out}}]}}}}
""")
        file.flush()
        daemon = harness.Daemon("--config", file.name).wait_running()
        mark(1)
        assert daemon.stop() == 0, daemon.stderr
    assert daemon.events() == [{"source": "filled", "number": 3, "target": 3, "high": 0, "low": 2,
                                "per_cpu": 5, "named": 4, "word": ""}], daemon.events()


def test_values_and_pins_by_name_of_a_kept_source():
    """Pins by name stay private, and other values make another set."""

    def run(folder, value):
        out = os.path.join(folder, f"out{len(os.listdir(folder))}")
        daemon = harness.Daemon(config=f"""
version: 1
sources:
  s:
    object: {style("pinned")}
    keep: pin
    constants: {{mark_key: {os.getpid()}}}
    maps: {{ringmill_runs: {{values: {{0: {value}}}}}}}
sinks: {{out: {{type: file, path: {out}}}}}
pipelines: {{p: {{from: s, handlers: [{{forward: out}}]}}}}
""").wait_running()
        for number in range(3):
            mark(number)
        harness.wait_for(lambda: len(read_events(out)) == 3, "three events")
        daemon.stop(signal.SIGKILL)
        assert not {"ringmill_events", "ringmill_runs"} & set(os.listdir("/sys/fs/bpf"))
        return [event["runs"] for event in read_events(out)], daemon.stderr

    with tempfile.TemporaryDirectory(prefix="ringmill-test.") as folder:
        runs, stderr = run(folder, 100)
        assert runs == [101, 102, 103] and "adopted" not in stderr, stderr
        runs, stderr = run(folder, 100)
        assert runs == [104, 105, 106] and "adopted the kept rings" in stderr, (runs, stderr)
        runs, stderr = run(folder, 500)
        assert runs == [501, 502, 503], (runs, stderr)


def test_values_that_do_not_fit():
    for value, said in (
            ("settings[0]=1", "--map-value settings[0]: it is a struct or union; name a member, as in "
                              "{enabled: 1} (on the command line: .enabled=1)"),
            ("settings[1].enabled=1", 'map "settings" has 1 entries, from 0'),
            ("settings[0].bit=1", "it is a bitfield, which cannot be set"),
            ("settings[0].enabled.x=1", "it is not a struct, so it has no member x"),
            ("settings[0].limits.hi=1", 'the struct has no member hi; allowed are low, high'),
            ("targets[x]=1", 'expected an integer from 0 to 18446744073709551615, found "x"'),
            ("names[much too long]=1", "expected a text of up to 7 bytes, found 13"),
            ("steps[0]=third", "expected the name of a program; allowed are second, first"),
            ("events[0]=1", "a map of its type takes no values; hash maps and arrays do"),
            ("event[0]=1", "the object has no such map; allowed are"),
            ("settings=1", "--map-value settings=1: expected NAME[KEY]=V")):
        stderr = refuse("filled", "--attach", "second=none", "--map-value", value)
        assert said in stderr, (value, stderr)
    assert "map steps: program second is not loaded" in refuse(
        "filled", "--program", "first", "--map-value", "steps[1]=second")


def test_inner_maps_that_the_object_leaves_open():
    said = refuse("open_inner")
    assert ('the object does not say what the inner maps of "groups" are like; for a hash of 4-byte '
            "keys and 8-byte values; say --inner-map groups=hash,4,8,1024\n") in said, said
    arguments = ("--constant", f"mark_key={os.getpid()}", "--inner-map")
    with observe("open_inner", *arguments, "groups=hash,4,8,1024") as events:
        mark(3)
    assert events == [{"number": 3, "found": 0}], events
    assert 'unknown type of a map; allowed are hash, array, prog_array' in refuse(
        "open_inner", *arguments, "groups=hahs,4,8,1024")
    assert 'map "events" is not a map of maps' in refuse("open_inner", *arguments, "events=hash,4,8,1")


harness.main()
