# SPDX-License-Identifier: Apache-2.0
"""Calls of ptrace(2): who traces whom, by which request."""
import ctypes
import errno
import os
import signal
import subprocess

import harness
from bpftrace import Bpftrace

TRACEME, CONT, ATTACH, DETACH, SEIZE, INTERRUPT, PEEKDATA = 0, 7, 16, 17, 0x4206, 0x4207, 2
NOBODY = 2**22 - 1  # no process has the greatest pid
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = (ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p)


def ptrace(request, pid, addr=0, data=0):
    return ctypes.get_errno() if libc.ptrace(request, pid, addr, data) == -1 else 0


def trace_a_child():
    """All that is done to a process of this one; its pid."""
    target = subprocess.Popen(["/bin/sleep", "1000"])
    harness.wait_for(lambda: comm(target.pid) == "sleep", "the program to be sleep")
    assert ptrace(SEIZE, target.pid) == 0
    assert ptrace(INTERRUPT, target.pid) == 0
    os.waitpid(target.pid, 0)
    assert ptrace(CONT, target.pid) == 0
    assert ptrace(SEIZE, target.pid) == errno.EPERM  # it is traced already
    target.kill()
    target.wait()
    assert ptrace(ATTACH, NOBODY) == errno.ESRCH
    return target.pid


def comm(pid):
    with open(f"/proc/{pid}/comm", encoding="utf-8") as file:
        return file.read().rstrip("\n")


def test_who_whom_what():
    daemon = harness.Daemon("run", "ptrace", program=harness.RINGMILL).wait_running()
    pid = trace_a_child()
    assert daemon.stop() == 0, daemon.stderr
    daemon.books()
    events = [event for event in daemon.events() if event["pid"] == os.getpid()]
    assert [(event["request"], event["error"], event["target_arg"], event["target_pid"])
            for event in events] == [
        ("PTRACE_SEIZE", 0, pid, pid), ("PTRACE_INTERRUPT", 0, pid, pid),
        ("PTRACE_CONT", 0, pid, pid), ("PTRACE_SEIZE", errno.EPERM, pid, pid),
        ("PTRACE_ATTACH", errno.ESRCH, NOBODY, None)], events
    for event in events[:4]:
        assert (event["target_tid"], event["target_uid"]) == (pid, os.getuid())
        assert event["target_comm"] == "sleep", event
        assert (event["tid"], event["uid"]) == (os.getpid(), os.getuid())
    for name in ("target_tid", "target_uid", "target_comm"):
        assert events[4][name] is None, events[4]


def test_a_child_that_asks_to_be_traced():
    daemon = harness.Daemon("run", "ptrace", program=harness.RINGMILL).wait_running()
    pid = os.fork()
    if pid == 0:
        ptrace(TRACEME, 0)
        os.kill(os.getpid(), signal.SIGSTOP)
        os._exit(0)
    os.waitpid(pid, os.WUNTRACED)
    ptrace(DETACH, pid)
    os.waitpid(pid, 0)
    assert daemon.stop() == 0, daemon.stderr
    asked, let_go = [event for event in daemon.events() if pid in (event["pid"], event["target_arg"])]
    assert (asked["pid"], asked["ppid"], asked["target_pid"]) == (pid, os.getpid(), pid), asked
    assert asked["request"] == "PTRACE_TRACEME"
    assert (let_go["pid"], let_go["request"]) == (os.getpid(), "PTRACE_DETACH")


def test_of_many_traced_processes():
    """Each is found, in whatever order they are named, as far as 64 are looked at."""
    targets = [subprocess.Popen(["/bin/sleep", "1000"]) for _ in range(40)]
    daemon = harness.Daemon("run", "ptrace", program=harness.RINGMILL).wait_running()
    for target in targets:
        assert ptrace(SEIZE, target.pid) == 0
    for target in targets:
        assert ptrace(INTERRUPT, target.pid) == 0
        os.waitpid(target.pid, 0)
    for target in targets:
        target.kill()
        target.wait()
    assert daemon.stop() == 0, daemon.stderr
    events = [event for event in daemon.events() if event["pid"] == os.getpid()]
    pids = [target.pid for target in targets]
    assert [event["target_pid"] for event in events] == pids + pids


def test_of_one_process():
    """A call counts if its target is that process, or its caller."""
    target = subprocess.Popen(["/bin/sleep", "1000"])
    daemon = harness.Daemon("run", "ptrace", "--pid", str(target.pid), program=harness.RINGMILL)
    daemon.wait_running()
    assert ptrace(ATTACH, NOBODY) == errno.ESRCH
    assert ptrace(SEIZE, target.pid) == 0
    target.kill()
    target.wait()
    assert daemon.stop() == 0, daemon.stderr
    assert [(event["pid"], event["request"], event["target_pid"]) for event in daemon.events()] == [
        (os.getpid(), "PTRACE_SEIZE", target.pid)], daemon.events()


def test_the_same_as_bpftrace():
    script = ("tracepoint:syscalls:sys_enter_ptrace { @request[tid] = args->request; @pid[tid] = args->pid; } "
              "tracepoint:syscalls:sys_exit_ptrace "
              "{ printf(\"%d %s %d %d %d\\n\", pid, comm, @request[tid], @pid[tid], args->ret); }")
    tracer = Bpftrace(script, lambda: ptrace(CONT, NOBODY))
    daemon = harness.Daemon("run", "ptrace", program=harness.RINGMILL).wait_running()
    trace_a_child()
    assert daemon.stop() == 0, daemon.stderr
    numbers = {"PTRACE_SEIZE": SEIZE, "PTRACE_INTERRUPT": INTERRUPT, "PTRACE_CONT": CONT,
               "PTRACE_ATTACH": ATTACH}
    ours = [[event["comm"], numbers[event["request"]], event["target_arg"], -event["error"]]
            for event in daemon.events() if event["pid"] == os.getpid()]
    theirs = [[comm, *map(int, numbers)] for pid, comm, *numbers in tracer.stop()
              if pid == str(os.getpid())]
    assert ours == theirs[-5:] and len(ours) == 5, (ours, theirs)


def test_books_balance_in_a_flood():
    config = ("version: 1\nsources: {ptrace: {builtin: ptrace, ring_size: 4KiB}}\n"
              "sinks: {out: {type: 'null'}}\npipelines: {all: {from: ptrace, handlers: [{forward: out}]}}\n")
    daemon = harness.Daemon(config=config).wait_running()
    daemon.pause()
    for _ in range(10000):
        ptrace(PEEKDATA, NOBODY)
    daemon.go_on()
    assert daemon.stop() == 0, daemon.stderr
    books = daemon.books()["source ptrace"]
    assert books["lost"] > 0 and harness.counted(books) >= 10000, books


harness.main()
