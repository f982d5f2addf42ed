# SPDX-License-Identifier: Apache-2.0
"""Processes ended: the result that wait() gives, once for each process."""
import os
import signal
import subprocess
import sys
import threading
import time

import harness


def test_codes_and_signals():
    daemon = harness.Daemon("run", "exit", program=harness.RINGMILL).wait_running()
    expected = {}
    for code in (0, 1, 2, 42, 127, 255):
        process = subprocess.Popen(["/bin/sh", "-c", f"exit {code}"])
        process.wait()
        expected[process.pid] = (code, 0)
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV, signal.SIGHUP):
        process = subprocess.Popen(["/bin/sleep", "100"], preexec_fn=no_core)
        process.send_signal(number)
        process.wait()
        expected[process.pid] = (0, int(number))
    assert daemon.stop() == 0, daemon.stderr
    seen = {event["pid"]: (event["exit_code"], event["signal"]) for event in daemon.events()}
    assert {pid: seen.get(pid) for pid in expected} == expected
    daemon.books()


def no_core():
    import resource
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def test_threads_do_not_count():
    """One record for a process of nine threads, also when the main thread ends first (the C
    library then lets the last one end the process, with 0)."""
    program = ("import threading, time, ctypes, os\n"
               "for i in range(8): threading.Thread(target=time.sleep, args=(0.05,)).start()\n"
               "%s")
    daemon = harness.Daemon("run", "exit", program=harness.RINGMILL).wait_running()
    expected = {}
    for end in ("os._exit(7)", "ctypes.CDLL(None).syscall(60, 7)"):
        process = subprocess.Popen([sys.executable, "-c", program % end])
        expected[process.pid] = process.wait()
    assert daemon.stop() == 0, daemon.stderr
    assert 7 in expected.values()
    for pid, code in expected.items():
        assert [event["exit_code"] for event in daemon.events() if event["pid"] == pid] == [code]


def test_lifetime():
    daemon = harness.Daemon("run", "exit", program=harness.RINGMILL).wait_running()
    start = time.monotonic_ns()
    process = subprocess.Popen(["/bin/sleep", "0.2"])
    process.wait()
    longest = time.monotonic_ns() - start
    assert daemon.stop() == 0, daemon.stderr
    event = next(event for event in daemon.events() if event["pid"] == process.pid)
    assert 200_000_000 <= event["lifetime_ns"] <= longest


harness.main()
