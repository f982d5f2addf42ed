# SPDX-License-Identifier: Apache-2.0
"""What the live tests share: they run the real programs on the live kernel.

    import harness
    def test_something(): ...
    harness.main()

`NAME.py TEST` runs test_TEST; without a name, all of them, and counts. Exit status 77 means that this
kernel does not allow BPF, or lacks what the test needs, and says so. RINGMILL_BIN is the folder with the programs,
RINGMILL_KIND the kind of build they are.
"""
import atexit
import contextlib
import ctypes
import fcntl
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import traceback

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = os.environ.get("RINGMILL_BIN", os.path.join(ROOT, "build/release/bin"))
RINGMILLD = os.path.join(BIN, "ringmilld")
RINGMILL = os.path.join(BIN, "ringmill")
OBJECTS = os.path.join(os.path.dirname(BIN), "objects")  # tests/bpf/objects
KIND = os.environ.get("RINGMILL_KIND", "release")
KERNEL_IS_SLOW = "the kernel did not release all programs in time"
PATIENCE = 300  # seconds until a test is taken for hung; no result depends on it
tempfile.tempdir = "/tmp"  # whatever TMPDIR says: a folder that every user may enter


class Lacking(Exception):
    """What this kernel does not have, so that a test cannot be done here."""


class Daemon:
    """A running ringmilld (or ringmill run). Its stdout is collected all the time."""

    def __init__(self, *arguments, config=None, stdout=subprocess.PIPE, program=RINGMILLD, **popen):
        if "open" in arguments or "builtin: open" in (config or ""):
            share_opens()
        self.folder = tempfile.TemporaryDirectory(prefix="ringmill-test.")
        if config is not None:
            path = os.path.join(self.folder.name, "ringmill.yaml")
            with open(path, "w", encoding="utf-8") as file:
                file.write(config)
            arguments = ("--config", path, *arguments)
        self.stderr_lines = []
        self.stdout = b""
        programs = [program] if isinstance(program, str) else program  # or behind another one
        self.process = subprocess.Popen([*programs, *arguments], stdout=stdout,
                                        stderr=subprocess.PIPE, **popen)
        self.threads = [threading.Thread(target=self._read_stderr, daemon=True)]
        if stdout == subprocess.PIPE:
            self.threads.append(threading.Thread(target=self._read_stdout, daemon=True))
        atexit.register(self.process.kill)  # a test that fails leaves nothing behind
        for thread in self.threads:
            thread.start()

    def _read_stdout(self):
        self.stdout = self.process.stdout.read()

    def _read_stderr(self):
        for line in self.process.stderr:
            self.stderr_lines.append(line.decode("utf-8", "replace").rstrip("\n"))

    def wait_running(self):
        """It may have ended already, with all that it was to show."""
        wait_for(lambda: self.process.poll() is not None or self._has_run(), "the daemon to run")
        assert self.process.poll() is None or (self.wait() == 0 and self._has_run()), self.stderr
        return self

    def _has_run(self):
        return any(line.endswith("running") for line in self.stderr_lines)

    def pause(self):
        """Until it does nothing: a thread that still runs takes records."""
        self.process.send_signal(signal.SIGSTOP)
        wait_for(lambda: set(thread_states(self.process.pid)) == {"T"}, "all threads to stop")

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def stop(self, signal_number=signal.SIGTERM):
        """How long the kernel takes to release programs says nothing of the daemon."""
        self.process.send_signal(signal_number)
        code = self.wait()
        errors = [line for line in self.stderr_lines if " error: " in line]
        return 0 if code == 1 and len(errors) == 1 and KERNEL_IS_SLOW in errors[0] else code

    def wait(self):
        code = self.process.wait(timeout=PATIENCE)
        for thread in self.threads:
            thread.join()
        return code

    @property
    def stderr(self):
        """So far; all of it once the process has ended."""
        if self.process.poll() is not None:
            self.threads[0].join()
        return "\n".join(self.stderr_lines)

    def events(self):
        return [json.loads(line) for line in self.stdout.splitlines()]

    def books(self):
        """{"source exec": {"produced": 3, ...}, ...}; asserts that they add up, the sums anew.
        None stands for "unknown": a sum with one of these is itself unknown. What stands after a
        semicolon is outside of the equation."""
        books = {}
        for line in self.stderr_lines:
            match = re.match(r"(source|pipeline|sink) ([\w.-]+): (.* = .*)", line)
            if not match:
                continue
            rows, sides = {}, []
            equation, *beside = match[3].split("; ")
            for side in (*equation.split("="), *beside):
                side = {word: None if count == "unknown" else int(count)
                        for word, count in re.findall(r"(\w+) (\d+|unknown)", side)}
                sides.append(None if None in side.values() else sum(side.values()))
                rows.update(side)
            assert sides[0] == sides[1], line
            books[f"{match[1]} {match[2]}"] = rows
        assert "do not balance" not in self.stderr, self.stderr
        return books


_opens = None


def share_opens(flooding=False):
    """Until the test ends: no test, of this or another clone, makes opens by the hundred thousand, which
    the built-in `open` sees, too, and a ring that is not read meanwhile has no room for; or, flooding,
    waits until no test needs that. Daemons with that source ask by themselves."""
    global _opens
    if _opens is None:
        _opens = os.open("/dev/shm/ringmill-tests-opens", os.O_RDWR | os.O_CREAT, 0o666)
        fcntl.flock(_opens, fcntl.LOCK_EX if flooding else fcntl.LOCK_SH)


_public = None


def public(path):
    """A copy that every user may read: the tree may be in a home folder, which only its owner enters."""
    global _public
    _public = _public or tempfile.TemporaryDirectory(prefix="ringmill-public.")
    os.chmod(_public.name, 0o755)
    copy = os.path.join(_public.name, os.path.basename(path))
    if not os.path.exists(copy):
        shutil.copy(path, copy)
        os.chmod(copy, 0o755)
    return copy


def run(*arguments, program=RINGMILLD, **options):
    """Runs to the end: (exit status, stdout, stderr)."""
    if "user" in options:
        program = public(program)
    done = subprocess.run([program, *arguments], capture_output=True, timeout=PATIENCE, **options)
    return done.returncode, done.stdout.decode(), done.stderr.decode("utf-8", "replace")


def thread_states(pid):
    states = []
    for task in os.listdir(f"/proc/{pid}/task"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError), \
                open(f"/proc/{pid}/task/{task}/stat", encoding="utf-8") as file:
            states.append(file.read().rsplit(")", 1)[1].split()[0])
    return states


def descriptors(pid):
    """What it has open, but for what it closed while this looked."""
    found = []
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            found.append(os.readlink(f"/proc/{pid}/fd/{fd}"))
        except FileNotFoundError:
            pass
    return sorted(found)


def forwarded(pipeline):
    """What a pipeline forwarded of the records. Without the events about losses: on a busy machine the
    built-in sources may lose what others do."""
    return pipeline["forwarded"] - pipeline["emitted"]


def counted(source):
    """How many records its books know of: also those that were not made because the kernel did not run the
    program, as it does when another one of its kind was interrupted on that CPU."""
    return source["produced"] + (source["skipped"] or 0)


def wait_for(condition, what):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"waited {PATIENCE} s for {what}"
        time.sleep(0.01)


def write_file(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def require_bpf():
    """Asks the kernel itself, so that a fault of ours is never taken for its refusal."""
    ringbuf = 27  # BPF_MAP_TYPE_RINGBUF
    fd = ctypes.CDLL("libbpf.so.1").bpf_map_create(ringbuf, b"probe", 0, 0, 4096, None)
    if fd < 0:
        print(f"skipped: this kernel does not let us use BPF: {os.strerror(-fd)}")
        sys.exit(77)
    os.close(fd)


def isolate():
    """A /run, pins and a loopback of its own: a test does not meet other ringmilld processes on this
    machine, nor itself in another clone, and what it leaves behind vanishes with it."""
    clone_newns, clone_newnet, ms_rec, ms_slave = 0x20000, 0x40000000, 0x4000, 0x80000
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(clone_newns | clone_newnet) < 0:
        return  # without root: what needs BPF does not run either
    for arguments in ((None, b"/", None, ms_rec | ms_slave, None),
                      (b"tmpfs", b"/run", b"tmpfs", 0, b"mode=755"),
                      (b"bpf", b"/sys/fs/bpf", b"bpf", 0, None)):
        if libc.mount(*arguments) < 0:
            raise OSError(ctypes.get_errno(), "mount", arguments[1])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        siocsifflags, iff_up = 0x8914, 1
        fcntl.ioctl(any_socket, siocsifflags, struct.pack("16sh", b"lo", iff_up))


def main(needs_bpf=True):
    module = sys.modules["__main__"]
    tests = {name[5:]: function for name, function in vars(module).items()
             if name.startswith("test_")}
    if needs_bpf:
        require_bpf()
    isolate()
    if not sys.argv[1:]:
        sys.exit(count(tests))
    for name in sys.argv[1:]:
        try:
            tests[name]()
        except Lacking as lack:
            print(f"skipped: {lack}")
            sys.exit(77)
        print(f"ok {name}")


def count(tests):
    """Runs each, also after one that failed: 0, or 1 if any did."""
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for name, test in tests.items():
        result, why = "passed", ""
        try:
            test()
        except Lacking as lack:
            result, why = "skipped", f": {lack}"
        except Exception:  # of any kind
            result, why = "failed", "\n" + traceback.format_exc()
        counts[result] += 1
        print(f"{result} {name}{why}", flush=True)
    print(", ".join(f"{number} {result}" for result, number in counts.items()))
    return 1 if counts["failed"] else 0
