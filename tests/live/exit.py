# SPDX-License-Identifier: Apache-2.0
"""Processes ended: the result that wait() gives, once for each process."""
import os
import platform
import signal
import subprocess
import sys
import threading
import time

import harness

# the built-in program, and what it is on kernels before Linux 6.16
SOURCES = (("exit",), ("--object", os.path.join(harness.OBJECTS, "exit_older.bpf.o")))
SYS_EXIT = {"x86_64": 60, "aarch64": 93}[platform.machine()]  # ends one thread


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
    for source in SOURCES:
        daemon = harness.Daemon("run", *source, program=harness.RINGMILL).wait_running()
        expected = {}
        for end in ("os._exit(7)", f"ctypes.CDLL(None).syscall({SYS_EXIT}, 7)"):
            process = subprocess.Popen([sys.executable, "-c", program % end])
            expected[process.pid] = process.wait()
        assert daemon.stop() == 0, daemon.stderr
        assert 7 in expected.values()
        assert codes(daemon, expected) == {pid: [code] for pid, code in expected.items()}


def test_threads_that_end_together():
    """None of them finds another one alive, and who comes last finds itself alone."""
    program = ("import threading, time, os\n"
               "for i in range(8): threading.Thread(target=time.sleep, args=(1000,)).start()\n"
               "os._exit(7)")
    for source in SOURCES:
        daemon = harness.Daemon("run", *source, program=harness.RINGMILL).wait_running()
        processes = [subprocess.Popen([sys.executable, "-S", "-c", program]) for _ in range(10)]
        assert all(process.wait() == 7 for process in processes)
        assert daemon.stop() == 0, daemon.stderr
        pids = [process.pid for process in processes]
        assert codes(daemon, pids) == {pid: [7] for pid in pids}


def codes(daemon, pids):
    found = {pid: [] for pid in pids}
    for event in daemon.events():
        if event["pid"] in found:
            found[event["pid"]].append(event["exit_code"])
    return found


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
