# SPDX-License-Identifier: Apache-2.0
"""Credentials changed: which call or exec, and the credentials before and after."""
import ctypes
import errno
import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile

import harness
from bpftrace import Bpftrace

NOBODY = pwd.getpwnam("nobody").pw_uid

# Says its credentials after each step: what /proc shows of them.
PROGRAM = """
import ctypes, json, os, sys
libc = ctypes.CDLL(None, use_errno=True)
nobody = int(sys.argv[1])
def proc():
    with open("/proc/self/status") as file:
        lines = dict(line.rstrip("\\n").split(":\\t", 1) for line in file if ":\\t" in line)
    return [list(map(int, lines["Uid"].split())), list(map(int, lines["Gid"].split())),
            len(lines["Groups"].split()), int(lines["CapEff"], 16), int(lines["CapPrm"], 16),
            int(lines["CapBnd"], 16)]
steps = {
    "setgroups": lambda: os.setgroups([1, 2, 3]),
    "prctl": lambda: libc.prctl(24, 5, 0, 0, 0),  # PR_CAPBSET_DROP CAP_KILL
    "setfsgid": lambda: libc.setfsgid(1001),
    "setregid": lambda: os.setregid(1002, 1003),
    "setgid": lambda: os.setgid(1004),
    "setresgid": lambda: os.setresgid(1005, 1006, 1007),
    "setfsuid": lambda: libc.setfsuid(1008),
    "setreuid": lambda: os.setreuid(nobody, 0),
    "setresuid": lambda: os.setresuid(nobody, nobody, nobody),
}
states = [proc()]
for name, step in steps.items():
    step()
    states.append(proc())
try:
    os.setuid(0)  # refused
except PermissionError:
    pass
print(json.dumps({"pid": os.getpid(), "names": list(steps), "states": states}))
"""


def change():
    done = subprocess.run([sys.executable, "-c", PROGRAM, str(NOBODY)], stdout=subprocess.PIPE,
                          check=True)
    return json.loads(done.stdout)


def state(credentials):
    """As /proc shows it: real, effective, saved and file system ids, groups, capabilities."""
    return [[credentials[name] for name in ("uid", "euid", "suid", "fsuid")],
            [credentials[name] for name in ("gid", "egid", "sgid", "fsgid")],
            credentials["groups"]]


def capabilities(bits):
    """The names of capability bits, as far as the C library's header has them."""
    with open("/usr/include/linux/capability.h", encoding="utf-8") as header:
        known = {int(words[2]): words[1] for words in map(str.split, header)
                 if len(words) >= 3 and words[0] == "#define" and words[1].startswith("CAP_")
                 and words[2].isdecimal()}
    return "|".join(name for number, name in sorted(known.items()) if bits >> number & 1)


def test_calls():
    daemon = harness.Daemon("run", "setid", program=harness.RINGMILL).wait_running()
    facts = change()
    assert daemon.stop() == 0, daemon.stderr
    daemon.books()
    events = [event for event in daemon.events() if event["pid"] == facts["pid"]]
    assert [event["syscall_nr_name"] for event in events] == [*facts["names"], "setuid"], events
    for event, before, after in zip(events, facts["states"], facts["states"][1:]):
        assert (event["cause"], event["error"]) == ("SETID_CALL", 0)
        for credentials, proc in ((event["before"], before), (event["after"], after)):
            assert state(credentials) == proc[:3], (event, proc)
            for name, bits in zip(("cap_effective", "cap_permitted", "cap_bounding"), proc[3:]):
                assert credentials[name] == bits and (credentials[f"{name}_name"] or "") == capabilities(bits), event
    changed = {event["syscall_nr_name"]: event["changed"] for event in events}
    assert changed["setgroups"] == "SETID_GROUPS" and changed["prctl"] == "SETID_CAPABILITIES"
    assert changed["setgid"] == changed["setfsgid"] == "SETID_GID"
    # the last root id goes, and all capabilities with it
    assert changed["setresuid"] == "SETID_UID|SETID_CAPABILITIES", changed
    refused = events[-1]
    assert refused["error"] == errno.EPERM and refused["changed"] in (0, None, ""), refused
    assert refused["before"] == refused["after"]


def test_exec_of_a_program_with_set_user_id():
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        path = os.path.join(folder, "becomes-root")
        shutil.copy("/bin/true", path)
        os.chmod(path, 0o4755)
        daemon = harness.Daemon("run", "setid", program=harness.RINGMILL).wait_running()
        process = subprocess.Popen([path], user=NOBODY)
        process.wait()
        plain = subprocess.Popen(["/bin/true"])
        plain.wait()
        assert daemon.stop() == 0, daemon.stderr
    events = [event for event in daemon.events() if event["pid"] == process.pid]
    event = events[-1]
    assert (event["cause"], event["syscall_nr"]) == ("SETID_EXEC", None), events
    assert (event["comm"], event["changed"]) == ("becomes-root", "SETID_UID|SETID_CAPABILITIES")
    assert [event["before"][name] for name in ("uid", "euid", "suid", "fsuid")] == [NOBODY] * 4
    assert [event["after"][name] for name in ("uid", "euid", "suid", "fsuid")] == [NOBODY, 0, 0, 0]
    assert not [event for event in daemon.events() if event["pid"] == plain.pid]


def test_a_user_namespace():
    daemon = harness.Daemon("run", "setid", program=harness.RINGMILL).wait_running()
    process = subprocess.Popen(["unshare", "--user", "/bin/true"])
    if process.wait() != 0:
        raise harness.Lacking("this kernel does not let us make a user namespace")
    assert daemon.stop() == 0, daemon.stderr
    events = [event for event in daemon.events() if event["pid"] == process.pid]
    made = next(event for event in events if event["syscall_nr_name"] == "unshare")
    assert "SETID_USERNS" in made["changed"], made
    assert made["before"]["userns"] == os.stat("/proc/self/ns/user").st_ino
    assert made["after"]["userns"] == made["userns"] != made["before"]["userns"]


def test_the_same_as_bpftrace():
    """The calls that succeeded; it cannot show the credentials."""
    calls = ("setgroups", "prctl", "setfsgid", "setregid", "setgid", "setresgid", "setfsuid", "setreuid",
             "setresuid", "setuid")
    script = " ".join(f"tracepoint:syscalls:sys_exit_{name} {{ printf(\"%d {name} %d\\n\", pid, args->ret); }}"
                      for name in calls if name != "prctl")
    tracer = Bpftrace(script, lambda: ctypes.CDLL(None).setfsgid(0))
    daemon = harness.Daemon("run", "setid", program=harness.RINGMILL).wait_running()
    pid = change()["pid"]
    assert daemon.stop() == 0, daemon.stderr
    theirs = [words[1] for words in tracer.stop() if words[0] == str(pid)]
    ours = [event["syscall_nr_name"] for event in daemon.events() if event["pid"] == pid]
    assert [name for name in ours if name != "prctl"] == theirs and theirs, (ours, theirs)


def test_books_balance_in_a_flood():
    config = ("version: 1\nsources: {setid: {builtin: setid, ring_size: 4KiB}}\n"
              "sinks: {out: {type: 'null'}}\npipelines: {all: {from: setid, handlers: [{forward: out}]}}\n")
    daemon = harness.Daemon(config=config).wait_running()
    libc = ctypes.CDLL(None)
    daemon.pause()
    for i in range(2000):
        libc.setfsgid(i % 2)
    libc.setfsgid(os.getgid())
    daemon.go_on()
    assert daemon.stop() == 0, daemon.stderr
    books = daemon.books()["source setid"]
    assert books["lost"] > 0 and harness.counted(books) >= 2000, books


harness.main()
