# SPDX-License-Identifier: Apache-2.0
"""A flood of numbered records: tests/bpf/objects/flood.bpf.c, and the program that sets it off."""
import os
import random
import subprocess

import harness

OBJECT = os.path.join(harness.OBJECTS, "flood.bpf.o")
PROGRAM = os.path.join(harness.BIN, "flood")


class Flood:
    """RATE records a second while it runs."""

    def __init__(self, rate):
        self.target = random.randrange(1 << 30, 1 << 31)  # no process has such a number
        self.process = subprocess.Popen([PROGRAM, str(rate), str(self.target)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n"
        self.made = 0  # calls, and so records

    def _say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def start(self):
        self._say("0")

    def stop(self):
        self._say("")
        self._hear()

    def write(self, count):
        self._say(str(count))
        self._hear()

    def _hear(self):
        word, count = self.process.stdout.readline().split()
        assert word == "done"
        self.made += int(count)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def source(flood, keep, name="flood", more=""):
    return (f"{name}: {{object: {OBJECT}, constants: {{target: {flood.target}}}, {keep}{more}}}")


LINES = "format: text, template: '{number};'"  # whole lines have their end


def read_numbers(path):
    """All numbers in the order of the file; lines that a kill has cut are left out."""
    numbers, cut = [], 0
    with open(path, "rb") as file:
        for line in file:
            if line.endswith(b";\n"):
                numbers.append(int(line[:-2]))
            elif not line.startswith(b"{"):
                cut += 1
    return numbers, cut


class Pins:
    """The folder of a test's pins, gone after it."""

    def __init__(self, name):
        self.path = f"/sys/fs/bpf/ringmill-test-{name}-{os.getpid()}"

    def sets(self, source_name):
        folder = os.path.join(self.path, source_name)
        return sorted(os.listdir(folder)) if os.path.isdir(folder) else []

    def pin(self, source_name, item):
        return os.path.join(self.path, source_name, self.sets(source_name)[0], item)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for folder, folders, files in os.walk(self.path, topdown=False):
            for file in files:
                os.unlink(os.path.join(folder, file))
            for inner in folders:
                os.rmdir(os.path.join(folder, inner))
        if os.path.isdir(self.path):
            os.rmdir(self.path)
