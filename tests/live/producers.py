# SPDX-License-Identifier: Apache-2.0
"""Somebody else who has made rings: tests/programs/producer."""
import contextlib
import json
import os
import subprocess
import tempfile

import harness

PRODUCER = os.path.join(harness.BIN, "producer")


def object_path(name):
    return os.path.join(harness.OBJECTS, name + ".bpf.o")


class Producer:
    """tests/programs/producer, with its pins in a folder of their own."""

    def __init__(self, name):
        self.folder = tempfile.mkdtemp(prefix="ringmill-test-", dir="/sys/fs/bpf")
        self.process = subprocess.Popen([PRODUCER, object_path(name), self.folder],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n"

    def say(self, line, answer):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == answer + "\n"

    def write(self, first, end):
        self.say(f"write {first} {end}", "written")

    def pin(self, name):
        return os.path.join(self.folder, name)

    def map_id(self, name):
        shown = subprocess.run(["bpftool", "-j", "map", "show", "pinned", self.pin(name)],
                               check=True, capture_output=True, env={"PATH": "/usr/sbin:/usr/bin"})
        return json.loads(shown.stdout)["id"]

    def end(self):
        self.process.communicate()
        for name in os.listdir(self.folder):
            os.unlink(self.pin(name))
        os.rmdir(self.folder)


@contextlib.contextmanager
def producer(name):
    made = Producer(name)
    try:
        yield made
    finally:
        made.end()
