# SPDX-License-Identifier: Apache-2.0
"""A built-in source and a peer tool (of libbpf-tools, or a bpftrace program) over the same load at the
same time: both must give the same rows.

    def test_execsnoop():
        def load(): ...                          # what is done; returns when it is done
        def ours(event): return (pid, ...)       # a row of a ringmill event; None: not of the load
        def theirs(line): return (pid, ...)      # the same of a line of the tool
        tools.compare("exec", ["execsnoop"], load, ours, theirs)

Lines of the tool that were cut or are of other programs must give None. Both are ready, and have written
all, when they show an action of a program with a name of its own (mark()).
"""
import collections
import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading

import harness

STOP_SECONDS = 30
COMPARISONS = 4  # until a tool has missed nothing


class Tool:
    """A running peer tool; its lines are collected all the time."""

    def __init__(self, command, environment=None):
        if not shutil.which(command[0]):
            raise harness.Lacking(f"{command[0]} is not installed")
        self.command = command
        self.lines = []
        # a tool writes to a pipe by the block
        self.process = subprocess.Popen(["stdbuf", "-oL", *command], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, errors="replace",
                                        env={**os.environ, **(environment or {})})
        self.errors = []
        self.threads = [threading.Thread(target=self._read, args=read, daemon=True)
                        for read in ((self.process.stdout, self.lines),
                                     (self.process.stderr, self.errors))]
        for thread in self.threads:
            thread.start()

    @staticmethod
    def _read(file, lines):
        for line in file:
            lines.append(line.rstrip("\n"))

    def shows(self, text, but_not=None):
        """Whether a line has the text, and does not begin with the other one. It must run."""
        if self.process.poll() is not None:
            raise harness.Lacking(f"{self.command[0]} does not run on this kernel: "
                                  + " ".join(self.errors)[:300])
        return any(line and text in line and not (but_not and line.startswith(but_not))
                   for line in list(self.lines))

    def stop(self):
        """After its last mark was seen. bpftrace forgets a signal that comes while it prints, so it gets one
        each second, and is killed if that does not end it: it has shown all."""
        for _ in range(STOP_SECONDS):
            self.process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=1)
                break
        self.process.kill()
        self.process.wait()
        for thread in self.threads:
            thread.join()
        lost = re.findall(r"[Ll]ost \d+ events.*", "\n".join([*self.lines, *self.errors]))
        return self.lines, lost


def mark(folder, name):
    """A program of that name starts, opens a file of that name, connects, sends a signal and ends."""
    path = os.path.join(folder, name)
    if not os.path.exists(path):
        shutil.copy("/bin/true", path)
    pid = os.fork()
    if pid == 0:
        with open("/proc/self/comm", "w", encoding="utf-8") as comm:
            comm.write(name)
        os.close(os.open(path, os.O_RDONLY))
        with socket.socket() as client:
            client.connect_ex(("127.0.0.1", 9))
        os.kill(os.getpid(), signal.SIGCONT)
        os.execv(path, [path])
    os.waitpid(pid, 0)


@contextlib.contextmanager
def own_cgroup():
    """This process is in a new cgroup meanwhile; None where there is no tree of version 2."""
    with open("/proc/mounts", encoding="utf-8") as mounts:
        root = re.search(r"^\S+ (\S+) cgroup2 ", mounts.read(), re.M)
    if not root:
        yield None
        return
    with open("/proc/self/cgroup", encoding="utf-8") as file:
        before = root[1] + re.search(r"^0::(.*)", file.read(), re.M)[1]
    folder = os.path.join(root[1], f"tools-{os.getpid()}")

    def enter(cgroup):
        with open(os.path.join(cgroup, "cgroup.procs"), "w", encoding="utf-8") as procs:
            procs.write(str(os.getpid()))
    os.mkdir(folder)
    try:
        enter(folder)
        yield folder
    finally:
        enter(before)
        os.rmdir(folder)


def settle(tool, mark_with, folder, name):
    """Until the tool shows it. It reads the buffers of all CPUs in turn, so that what it shows of a second
    one comes after all that was done before the first."""
    for part in ("a", "b"):
        def shown(text=f"{name}{part}"):
            mark_with(folder, text)
            return tool.shows(text)
        harness.wait_for(shown, f"{tool.command[0]} to show what is done")


def rows_of(more, name):
    return "".join(f"\n{name} only: {row} x{count}" for row, count in sorted(more.items())[:20])


def compare(source, command, load, ours, theirs, options=(), mark_with=mark, by_cgroup=None):
    """Returns (event, line) for each row that both have, ordered by row. A load that yields goes on when the
    tool has shown what was done: for tools that lose events of a busy moment and do not say so.
    mark_with(folder, name): an action that the tool shows with that name, for tools that do not show mark().
    by_cgroup: the tool's option for a cgroup, so that other programs do not make it lose events."""
    if by_cgroup:
        with own_cgroup() as cgroup:
            return compare(source, [*command, *([by_cgroup, cgroup] if cgroup else [])], load, ours,
                           theirs, [*options, *(["--cgroup", cgroup] if cgroup else [])], mark_with)
    for _ in range(COMPARISONS):
        pairs, missed = compare_once(source, command, load, ours, theirs, options, mark_with)
        if not missed:
            return pairs
    raise AssertionError(missed)


def compare_once(source, command, load, ours, theirs, options, mark_with):
    """Also returns what the tool missed, which may be the kernel's doing: it skips a program at a tracepoint
    while another program runs on that CPU, and the tool does not tell."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        tool = Tool(command)
        daemon = harness.Daemon("run", source, "--format", "json", *options,
                                program=harness.RINGMILL).wait_running()
        name = f"m{os.getpid()}"
        settle(tool, mark_with, folder, name)
        for step, _ in enumerate(load() or ()):
            settle(tool, mark_with, folder, f"{name}s{step}")
        settle(tool, mark_with, folder, name + "e")
    assert daemon.stop() == 0, daemon.stderr
    lines, lost = tool.stop()
    books = daemon.books()[f"source {source}"]
    events = [event for event in daemon.events() if "pid" in event]  # not those about losses
    if lost:
        raise harness.Lacking(f"{command[0]} lost events, so it cannot be compared: {lost[0]}")
    left = [(row, event) for event in events if (row := ours(event)) is not None]
    right = [(row, line) for line in lines if (row := theirs(line)) is not None]
    left_rows = collections.Counter(row for row, _ in left)
    right_rows = collections.Counter(row for row, _ in right)
    missing = rows_of(right_rows - left_rows, command[0])
    assert not missing, f"{missing}\n{books}"
    assert left, "neither shows anything of the load"
    key = lambda pair: str(pair[0])  # noqa: E731
    pairs = [(event, line) for (_, event), (_, line) in zip(sorted(left, key=key),
                                                            sorted(right, key=key))]
    return pairs, rows_of(left_rows - right_rows, "ringmill")
