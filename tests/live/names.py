# SPDX-License-Identifier: Apache-2.0
"""What values mean: numbers by their names, times by two clocks, in output and in expressions, here
and in a replay of a capture. The object is tests/bpf/styles/named.bpf.c."""
import bisect
import ctypes
import datetime
import errno
import json
import os
import signal
import subprocess
import tempfile
import time

import harness

MARK = 0x726D
NAMED = os.path.join(os.path.abspath(harness.BIN), "styles", "named.bpf.o")
AS = ("--as", "result=errno", "--as", "sig=signal", "--as", "flags=open_flags", "--as",
      "nr=syscall", "--as", "caps=capabilities", "--as", "state=tcp_state", "--as",
      "family=family", "--as", "taken=boottime")
PROTOCOLS = {1: "icmp", 2: "igmp", 4: "ipip", 6: "tcp", 17: "udp", 33: "dccp"}
FAMILIES = {0: "AF_UNSPEC", 1: "AF_UNIX", 2: "AF_INET", 10: "AF_INET6", 16: "AF_NETLINK",
            17: "AF_PACKET"}
STATES = {1: "TCP_ESTABLISHED", 7: "TCP_CLOSE", 10: "TCP_LISTEN", 12: "TCP_NEW_SYN_RECV"}
CALLS = {0: "read", 1: "write", 3: "close"} if os.uname().machine == "x86_64" else {}
ACCESS = ["O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"]
OPEN = {0x40: "O_CREAT", 0x80: "O_EXCL", 0x100: "O_NOCTTY", 0x200: "O_TRUNC", 0x400: "O_APPEND"}
TCP = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"]
CLONE = {0x100: "CLONE_VM", 0x200: "CLONE_FS", 0x400: "CLONE_FILES", 0x800: "CLONE_SIGHAND",
         0x1000: "CLONE_PIDFD"}
RIGHTS = ["MAY_EXEC", "MAY_WRITE", "MAY_READ"]
libc = ctypes.CDLL(None, use_errno=True)


def mark(number):
    libc.prctl(MARK, ctypes.c_ulong(number), ctypes.c_ulong(os.getpid()), 0, 0)


def run(*arguments, numbers=range(20)):
    daemon = harness.Daemon("run", "--object", NAMED, "--constant", f"mark_key={os.getpid()}",
                            *AS, *arguments, program=harness.RINGMILL).wait_running()
    for number in numbers:
        mark(number)
    assert daemon.stop() == 0, daemon.stderr
    return daemon


def flags(number, words):
    """Words of single bits, by place or by value; then what is left. None: no bit has a word."""
    named = ({1 << place: word for place, word in enumerate(words)}
             if isinstance(words, list) else words)
    found = [word for bit, word in named.items() if number & bit]
    rest = number & ~sum(named)
    return "|".join(found + ([hex(rest)] if rest else [])) if found else None


def permissions(mode):
    return "".join(letter if mode >> 8 - place & 1 else "-"
                   for place, letter in enumerate("rwxrwxrwx"))


def check(event, number):
    """All fields of the mark's number but its times: numbers stay numbers, with their names beside
    them, and an enum is its name."""
    sig = "SIG" + signal.Signals(number).name[3:] if 0 < number < 32 else None
    opened = number << 6 | number & 3
    cloned = number << 8 | signal.SIGCHLD
    wanted = {
        "number": number,
        "result": -number,
        "result_name": errno.errorcode[number] if number else None,
        "sig": number,
        "sig_name": sig,
        "flags": opened,
        "flags_name": "|".join([ACCESS[opened & 3]] + [n for b, n in OPEN.items() if opened & b]),
        "nr": number,
        "nr_name": CALLS.get(number, event["nr_name"]),
        "clone_flags": cloned,
        "clone_flags_name": "|".join([n for b, n in CLONE.items() if cloned & b] + ["SIGCHLD"]),
        "rights": flags(number, RIGHTS) or number if number else "NO_RIGHTS",
        "mode": "0" + oct(0o100000 | number)[2:],
        "mode_name": "-" + permissions(number),
        "ip_proto": number,
        "ip_proto_name": PROTOCOLS.get(number, event["ip_proto_name"]),
        "tcp_flags": number,
        "tcp_flags_name": flags(number, TCP),
        "state": number,
        "state_name": STATES.get(number, event["state_name"]),
        "family": number,
        "family_name": FAMILIES.get(number, event["family_name"]),
        "port": 0,
    }
    shown = {key: value for key, value in event.items()
             if key not in ("time", "source", "caps", "caps_name", "start_boottime", "taken")}
    assert shown == wanted, (shown, wanted)
    assert list(shown) == list(wanted), shown
    caps = event["caps_name"].split("|")
    assert event["caps"] == 1 << number | 1, event
    assert caps[0] == "CAP_CHOWN" and len(caps) == (1 if number == 0 else 2), event
    assert number != 12 or caps[1] == "CAP_NET_ADMIN", event


def seconds(text):
    return datetime.datetime.fromisoformat(text[:26] + "+00:00").timestamp()


def test_numbers_have_names():
    before = time.time()
    events = run().events()
    assert [event["number"] for event in events] == list(range(20)), events
    for number, event in enumerate(events):
        check(event, number)
        assert event["start_boottime"] == event["taken"]
        assert before - 1 < seconds(event["taken"]) < time.time() + 1, event


def test_names_in_expressions():
    """By meaning, and beside numbers that have none (port)."""
    for filter, wanted in (("result == ENOENT", [2]), ("result in [EPERM, EACCES]", [1, 13]),
                           ("result == -2", [2]), ("!(result == ENOENT) && number < 4", [0, 1, 3]),
                           ("sig == SIGKILL || sig == SIGTERM", [9, 15]),
                           ("flags & O_CREAT && flags & O_EXCL && number < 8", [3, 7]),
                           ("flags & O_ACCMODE == O_RDWR && number < 8", [2, 6]),
                           ("tcp_flags & SYN && tcp_flags & ACK", [18, 19]),
                           ("ip_proto in [tcp, udp]", [6, 17]), ("state == TCP_CLOSE", [7]),
                           ("family == AF_INET6", [10]), ("caps & CAP_NET_ADMIN", [12]),
                           ("rights & MAY_READ && number < 7", [4, 5, 6]),
                           ("clone_flags & CLONE_FILES && number < 7", [4, 5, 6]),
                           ("mode & S_IRGRP == 0 && mode & S_IXOTH && number < 8", [1, 3, 5, 7]),
                           ("port + number == SIGKILL", [9]), ("port & O_CREAT", []),
                           ("now() - taken < 1h && number == 5", [5]),
                           ('result_name == "ENOENT"', [2]),
                           ('sig_name in ["SIGKILL", "SIGTERM"]', [9, 15]),
                           ('startswith(sig_name, "SIGT") && number > 8', [15]),
                           ('contains(flags_name, "O_EXCL") && number < 8', [2, 3, 6, 7]),
                           ('mode_name == "-------r-x"', [5]),
                           ('rights_name == "MAY_EXEC|MAY_WRITE"', [3]),
                           ('!has(sig_name)', [0]),
                           ("taken == start_boottime && now() - taken >= 0 && number == 3", [3])):
        events = run("--filter", filter).events()
        assert [event["number"] for event in events] == wanted, (filter, events)


def in_time_namespace(*offsets):
    """What starts a program whose clocks are so far from the kernel's."""
    wrap = ["unshare", "--time", *offsets]
    done = subprocess.run([*wrap, "readlink", "/proc/self/ns/time"], capture_output=True, check=False)
    if done.returncode:
        raise harness.Lacking("this kernel has no time namespaces")
    if done.stdout.decode().strip() == os.readlink("/proc/self/ns/time"):
        raise harness.Lacking("a program is not in the time namespace that its parent has made, "
                              "as before Linux 6.3")
    return wrap


def test_in_a_time_namespace():
    """Its clocks are days ahead: records' times, ages and windows are right."""
    wrap = in_time_namespace("--monotonic", "172800", "--boottime", "604800")
    before = time.time()
    daemon = harness.Daemon("run", "--object", NAMED, "--constant", f"mark_key={os.getpid()}", *AS,
                            "--filter", "now() - taken < 1h && now() - taken >= 0 && number < 5",
                            program=[*wrap, harness.RINGMILL]).wait_running()
    for number in range(20):
        mark(number)
    assert daemon.stop() == 0, daemon.stderr
    events = daemon.events()
    assert [event["number"] for event in events] == list(range(5)), events
    for event in events:
        assert before - 1 < seconds(event["taken"]) < time.time() + 1, event
    young = (f"ppid == {os.getpid()} && now() - ktime < 1h && now() - ktime >= 0 && "
             "now() - start < 1h")
    for arguments, keys in ((("--count", "3"), ("time", "start")),
                            (("--by", "comm", "--window", "1s", "--format", "json", "--count", "2"),
                             ("_start", "_end"))):
        daemon = harness.Daemon("run", "exec", "--filter", young, *arguments,
                                program=[*wrap, harness.RINGMILL]).wait_running()
        harness.wait_for(lambda: subprocess.run(["true"], check=True) and
                         daemon.process.poll() is not None, "three events, or two rows")
        assert daemon.wait() == 0, daemon.stderr
        events = [event for event in daemon.events() if "_lost" not in event]
        assert events, daemon.stdout
        for event in events:
            for key in keys:
                assert before - 2 < seconds(event[key]) < time.time() + 2, (key, event)


CONFIG = """version: 1
sources:
  named:
    object: {object}
    constants: {{mark_key: {key}}}
    as: {{result: errno, sig: signal, flags: open_flags, nr: syscall, caps: capabilities,
         state: tcp_state, family: family, taken: boottime}}
sinks:
  out: {{type: file, path: {folder}/out.jsonl}}
  fields: {{type: file, path: {folder}/out.logfmt, format: logfmt}}
  kept: {{type: capture, path: {folder}/c.rmc}}
pipelines:
  p: {{from: named, handlers: [{{forward: out}}, {{forward: fields}}, {{forward: kept}}]}}
"""


def test_a_replay_says_the_same():
    with tempfile.TemporaryDirectory(prefix="ringmill-test.") as folder:
        daemon = harness.Daemon(config=CONFIG.format(
            object=NAMED, key=os.getpid(), folder=folder)).wait_running()
        for number in range(20):
            mark(number)
        assert daemon.stop() == 0, daemon.stderr
        with open(f"{folder}/out.jsonl") as file:
            live = file.read()
        code, output, stderr = harness.run("replay", f"{folder}/c.rmc", program=harness.RINGMILL)
        assert code == 0 and output == live, (stderr, output[:300], live[:300])
        code, output, stderr = harness.run("replay", f"{folder}/c.rmc", "--filter",
                                           "result == ENOENT && rights & MAY_WRITE",
                                           program=harness.RINGMILL)
        assert code == 0 and output == live.splitlines(True)[2], (stderr, output)
        with open(f"{folder}/out.logfmt") as file:
            line = file.read().splitlines()[18]
        for word in ("result=-18", "result_name=EXDEV", "sig_name=SIGCONT", "rights=MAY_WRITE|0x10",
                     "flags_name=O_RDWR|O_EXCL|O_APPEND", "mode=0100022", "tcp_flags_name=SYN|ACK"):
            assert word in line.split(" "), (word, line)


STACKS = """version: 1
sources:
  stacks:
    object: {object}
    constants: {{mark_key: {key}}}
sinks:
  out: {{type: file, path: {folder}/out.jsonl}}
  kept: {{type: capture, path: {folder}/c.rmc}}
pipelines:
  p: {{from: stacks, handlers: [{{forward: out}}, {{forward: kept}}]}}
"""


def kernel_symbols():
    """The names of each address, and all addresses in order."""
    names = {}
    with open("/proc/kallsyms") as file:
        for line in file:
            address, _, name = line.split()[:3]
            names.setdefault(int(address, 16), set()).add(name)
    return names, sorted(names)


def test_kernel_stacks_have_symbols():
    """Unknown until they are looked up, then each frame's is that of /proc/kallsyms; and a replay
    says the same."""
    def read():
        with open(f"{folder}/out.jsonl") as file:
            return file.read()

    def is_known():
        mark(1)
        return "entry_SYSCALL_64_after_hwframe+0x" in read() or "el0_svc+0x" in read()

    with tempfile.TemporaryDirectory(prefix="ringmill-test.") as folder:
        daemon = harness.Daemon(config=STACKS.format(
            object=os.path.join(os.path.dirname(NAMED), "stacks.bpf.o"), key=os.getpid(),
            folder=folder)).wait_running()
        harness.wait_for(is_known, "a known symbol")
        names, addresses = kernel_symbols()
        assert daemon.stop() == 0, daemon.stderr
        live = read()
        code, output, stderr = harness.run("replay", f"{folder}/c.rmc", program=harness.RINGMILL)
        assert code == 0 and output == live, (stderr, output[-600:], live[-600:])
    known = 0
    for event in map(json.loads, live.splitlines()):
        depth = event["numbers"].index(0) if 0 in event["numbers"] else len(event["numbers"])
        assert depth > 2 and len(event["kstack"]) == depth, event
        for number, shown in zip(event["numbers"], event["kstack"]):
            if shown.startswith("0x"):
                assert int(shown, 16) == number, event
                continue
            symbol = addresses[bisect.bisect_right(addresses, number) - 1]
            name, offset = shown.split(" ")[0].split("+")
            assert name in names[symbol] and int(offset, 16) == number - symbol, (shown, number)
            known += 1
    assert known > 0


def test_user_stacks_have_symbols():
    """Those of a known chain of calls, in its order; and a replay says the same, also after the
    process has ended."""
    def read():
        with open(f"{folder}/out.jsonl") as file:
            return file.read()

    def is_known():
        program.stdin.write(b"\n")
        program.stdin.flush()
        return "main+0x" in read()

    with tempfile.TemporaryDirectory(prefix="ringmill-test.") as folder:
        daemon = harness.Daemon(config=STACKS.format(
            object=os.path.join(os.path.dirname(NAMED), "stacks.bpf.o"), key=os.getpid(),
            folder=folder)).wait_running()
        with subprocess.Popen([os.path.join(harness.BIN, "stacked"), str(os.getpid())],
                              stdin=subprocess.PIPE) as program:
            harness.wait_for(is_known, "a known symbol")
            program.stdin.close()
            assert program.wait() == 0
        assert daemon.stop() == 0, daemon.stderr
        live = read()
        code, output, stderr = harness.run("replay", f"{folder}/c.rmc", program=harness.RINGMILL)
        assert code == 0 and output == live, (stderr, output[-600:], live[-600:])
    event = json.loads(live.splitlines()[-1])
    assert event["pid"] == program.pid, event
    chain = [shown.split("+")[0] for shown in event["ustack"] if shown.endswith(" (stacked)")]
    assert chain[-4:-1] == ["stacked_b", "stacked_a", "main"] or \
        chain[-3:] == ["stacked_b", "stacked_a", "main"], event
    for number, shown in zip(event["addresses"], event["ustack"]):
        assert shown == hex(number) or "+0x" in shown, event


def test_user_stacks_without_the_capability_are_numbers():
    """The lack is reported once, and events go on."""
    daemon = harness.Daemon(
        "run", "--object", os.path.join(os.path.dirname(NAMED), "stacks.bpf.o"), "--constant", f"mark_key={os.getpid()}",
        program=["setpriv", "--bounding-set", "-sys_ptrace", harness.RINGMILL]).wait_running()

    def is_reported():
        mark(1)
        return "start with CAP_SYS_PTRACE" in daemon.stderr

    harness.wait_for(is_reported, "the report")
    for _ in range(100):
        mark(1)
    assert daemon.stop() == 0, daemon.stderr
    assert daemon.stderr.count("CAP_SYS_PTRACE") == 1, daemon.stderr
    events = [json.loads(line) for line in daemon.stdout.splitlines()]
    assert events
    for event in events:
        assert event["ustack"] == [hex(n) for n in event["addresses"] if n], event


def test_groups_have_names():
    """By names, those of an enum included."""
    daemon = run("--by", "sig_name", "--by", "rights", "--value", "max(taken)", "--value", "n=count()",
                 numbers=[9, 9, 6, 3])
    rows = [line.split() for line in daemon.stdout.decode().splitlines()]
    found = {(row[0], row[1], row[-1]) for row in rows if row and row[0].startswith("SIG")}
    assert found == {("SIGKILL", "MAY_EXEC|0x8", "2"), ("SIGABRT", "MAY_WRITE|MAY_READ", "1"),
                     ("SIGQUIT", "MAY_EXEC|MAY_WRITE", "1")}, daemon.stdout


harness.main()
