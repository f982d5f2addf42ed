# SPDX-License-Identifier: Apache-2.0
"""Signals sent: who, whom, which, and what became of them."""
import os
import signal
import subprocess

import harness


def test_who_whom_which():
    daemon = harness.Daemon("run", "signal", program=harness.RINGMILL).wait_running()
    target = subprocess.Popen(["/bin/sleep", "100"])
    harness.wait_for(lambda: comm(target.pid) == "sleep", "the program to be sleep")
    for number in (0, signal.SIGCONT, signal.SIGURG, signal.SIGUSR1):
        target.send_signal(number)  # 0 asks only whether it is there
    target.wait()
    assert daemon.stop() == 0, daemon.stderr
    events = [event for event in daemon.events() if event["target_pid"] == target.pid]
    assert [(event["signal"], event["result"]) for event in events] == [
        ("SIGCONT", "TRACE_SIGNAL_IGNORED"), ("SIGURG", "TRACE_SIGNAL_IGNORED"),
        ("SIGUSR1", "TRACE_SIGNAL_DELIVERED")], events
    for event in events:
        assert (event["pid"], event["uid"]) == (os.getpid(), os.getuid())
        assert event["comm"].startswith("python3")
        assert (event["target_comm"], event["target_tid"]) == ("sleep", target.pid)
        assert (event["code"], event["group"]) == ("SI_USER", True)
    daemon.books()


def comm(pid):
    with open(f"/proc/{pid}/comm", encoding="utf-8") as file:
        return file.read().rstrip("\n")


def test_codes():
    """A thread is meant by tgkill(), the kernel sends SIGSEGV and SIGPIPE itself."""
    program = ("import ctypes, os, signal, threading\n"
               "signal.signal(signal.SIGUSR2, signal.SIG_IGN)\n"
               "signal.pthread_kill(threading.get_ident(), signal.SIGUSR2)\n"
               "signal.signal(signal.SIGPIPE, signal.SIG_DFL)\n"
               "ctypes.string_at(0)")
    daemon = harness.Daemon("run", "signal", program=harness.RINGMILL).wait_running()
    target = subprocess.Popen(["/usr/bin/python3", "-c", program], preexec_fn=no_core)
    assert target.wait() == -signal.SIGSEGV
    assert daemon.stop() == 0, daemon.stderr
    seen = {event["signal"]: event for event in daemon.events()
            if event["target_pid"] == target.pid}
    assert seen["SIGUSR2"]["code"] == "SI_TKILL" and not seen["SIGUSR2"]["group"], seen
    assert seen["SIGSEGV"]["code"] == 1, seen  # SEGV_MAPERR
    assert seen["SIGSEGV"]["pid"] == target.pid, seen


def test_namespaces_that_were_left():
    """A process sends SIGCHLD when it has left its namespaces: they are unknown, and not number 0."""
    daemon = harness.Daemon("run", "signal", program=harness.RINGMILL).wait_running()
    child = subprocess.Popen(["/bin/true"])
    os.kill(os.getpid(), signal.SIGCONT)
    child.wait()
    assert daemon.stop() == 0, daemon.stderr
    mine = [event for event in daemon.events() if event["target_pid"] == os.getpid()]
    last = [event for event in mine if event["signal"] == "SIGCHLD" and event["pid"] == child.pid]
    alive = [event for event in mine if event["signal"] == "SIGCONT" and event["pid"] == os.getpid()]
    assert len(last) == 1 and len(alive) == 1, mine
    assert (last[0]["mntns"], last[0]["netns"], last[0]["namespaces_known"]) == (None, None, False), last
    assert last[0]["userns"] == alive[0]["userns"] == os.stat("/proc/self/ns/user").st_ino, mine
    assert alive[0]["mntns"] == os.stat("/proc/self/ns/mnt").st_ino and alive[0]["namespaces_known"], alive


def no_core():
    import resource
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


harness.main()
