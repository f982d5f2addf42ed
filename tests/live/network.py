# SPDX-License-Identifier: Apache-2.0
"""What the tests of the network's built-in sources share: one daemon with some of these sources, and
what it saw of the test's own network namespace, so that what others do at the same time does not matter."""
import contextlib
import os
import socket

import harness

FAMILIES = {"AF_INET": (socket.AF_INET, "127.0.0.1", "0.0.0.0"),
            "AF_INET6": (socket.AF_INET6, "::1", "::")}


def own_namespace():
    return os.stat("/proc/self/ns/net").st_ino


class Watch:
    """A daemon with the sources; `events` after the end."""

    def __init__(self, *sources, **keys):
        keys = {"ring_size": "8MiB", **keys}
        text = "".join(f", {key}: {value}" for key, value in keys.items())
        settings = ", ".join(f"{name}: {{builtin: {name}{text}}}" for name in sources)
        self.daemon = harness.Daemon(config=f"""\
version: 1
sources: {{{settings}}}
sinks: {{out: {{type: stdout}}}}
pipelines: {{all: {{from: [{", ".join(sources)}], handlers: [{{forward: out}}]}}}}
""")
        self.events = []
        self.daemon.wait_running()

    def wait_for_line(self, text):
        """On its stderr."""
        harness.wait_for(lambda: any(text in line for line in self.daemon.stderr_lines), text)

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
def watch(*sources, **keys):
    watched = Watch(*sources, **keys)
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
