# SPDX-License-Identifier: Apache-2.0
"""What the tests of the network's built-in sources share: one daemon with some of these sources, and
what it saw of the test's own network namespace, so that what others do at the same time does not matter."""
import atexit
import contextlib
import os
import shutil
import socket
import subprocess
import threading
import time

import harness

FAMILIES = {"AF_INET": (socket.AF_INET, "127.0.0.1", "0.0.0.0"),
            "AF_INET6": (socket.AF_INET6, "::1", "::")}


def own_namespace():
    return os.stat("/proc/self/ns/net").st_ino


class Watch:
    """A daemon with the sources; `events` after the end."""

    def __init__(self, *sources, ring_size="8MiB"):
        settings = ", ".join(f"{name}: {{builtin: {name}, ring_size: {ring_size}}}" for name in sources)
        self.daemon = harness.Daemon(config=f"""\
version: 1
sources: {{{settings}}}
sinks: {{out: {{type: stdout}}}}
pipelines: {{all: {{from: [{", ".join(sources)}], handlers: [{{forward: out}}]}}}}
""")
        self.events = []
        self.daemon.wait_running()

    def end(self):
        assert self.daemon.stop() == 0, self.daemon.stderr
        self.books = self.daemon.books()
        mine = own_namespace()
        self.events = [event for event in self.daemon.events() if event.get("netns") == mine]

    def of(self, source, **values):
        """The events of the source with these values, in their order."""
        return [event for event in self.events if event["source"] == source and
                all(event[key] == value for key, value in values.items())]

    def one(self, source, **values):
        found = self.of(source, **values)
        assert len(found) == 1, (source, values, found, self.events)
        return found[0]


@contextlib.contextmanager
def watch(*sources, **settings):
    watched = Watch(*sources, **settings)
    yield watched
    watched.end()


def listener(family, backlog=16):
    number, address, _ = FAMILIES[family]
    made = socket.socket(number)
    made.bind((address, 0))
    made.listen(backlog)
    return made


def connected(family):
    """(client, server, the port that was listened on)"""
    with listener(family) as made:
        client = socket.socket(FAMILIES[family][0])
        client.connect(made.getsockname())
        return client, made.accept()[0], made.getsockname()[1]


def read_all(end, size):
    while size > 0:
        got = len(end.recv(min(size, 1 << 16)))
        assert got > 0
        size -= got


def check_process(event, pid=None):
    """That it names this process, or another one with the same users and namespaces."""
    assert event["pid"] == (pid or os.getpid()), event
    assert event["comm"].startswith("python3"), event
    assert event["uid"] == os.getuid() and event["netns"] == own_namespace(), event


def in_child(function):
    """Runs it in another process to the end; returns that process's pid."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            function()
            status = 0
        finally:
            os._exit(status)
    assert os.waitpid(pid, 0)[1] == 0
    return pid


class Tool:
    """Another tracer, of which only what it prints is looked at."""

    def __init__(self, *command):
        if not shutil.which(command[0]):
            raise harness.Lacking(f"{command[0]} is not installed")
        self.process = subprocess.Popen(["stdbuf", "-oL", *command], stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True)
        self.lines = []
        threading.Thread(target=self._read, daemon=True).start()
        atexit.register(self.process.kill)

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def wait_shown(self, provoke):
        """Until it shows what provoke() returns and does: a tracer does not say when it is attached, nor
        when it has shown all."""
        marks = []

        def is_shown():
            assert self.process.poll() is None, (self.process.args, self.lines)
            marks.append(provoke())
            time.sleep(0.2)
            return any(mark in line for line in list(self.lines) for mark in marks)

        harness.wait_for(is_shown, f"{self.process.args} to show something")

    def end(self):
        self.process.kill()
        self.process.wait()
        return self.lines
