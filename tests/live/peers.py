# SPDX-License-Identifier: Apache-2.0
"""What the tests of socket sinks share: peers as processes, and what they got."""
import atexit
import json
import os
import re
import signal
import subprocess
import sys

import harness
from controlled import free_port

PEER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peer.py")


class Peer:
    """A peer that can be stopped, killed and started again; its file goes on."""

    def __init__(self, folder, kind, name=None):
        self.kind = kind
        self.name = name or kind
        self.inet = kind in ("tcp", "udp")
        self.address = str(free_port()) if self.inet else os.path.join(folder, self.name + ".sock")
        self.file = os.path.join(folder, self.name + ".got")
        self.process = None
        atexit.register(self.kill)

    @property
    def settings(self):
        """Of a sink for it."""
        if self.name == "syslog":
            return f"type: syslog, transport: tcp, address: '127.0.0.1:{self.address}'"
        if self.name == "journal":
            return f"type: journal, path: {self.address}"
        if self.inet:
            return f"type: {self.kind}, address: '127.0.0.1:{self.address}'"
        return f"type: unix, kind: {self.kind}, path: {self.address}"

    def start(self):
        self.process = subprocess.Popen(
            [sys.executable, PEER, self.kind, self.address, self.file], stdout=subprocess.PIPE)
        assert self.process.stdout.readline() == b"ready\n"
        return self

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
            self.process = None

    def times(self):
        """Of the whole events that came: which tells them apart, also those that came twice."""
        if not os.path.exists(self.file):
            return set()
        with open(self.file, "rb") as file:
            got = file.read()
        if self.name == "journal":
            return set(re.findall(rb"RINGMILL_TIME=(\S+)", got))
        return set(re.findall(rb'\{"time":"([^"]+)"(?:[^{}\n]++|\{[^{}\n]*+\})*+\}', got))

    def lines(self):
        """Whole ones: what a broken connection cut off stands at its end."""
        if not os.path.exists(self.file):
            return []
        with open(self.file, "rb") as file:
            lines = file.read().split(b"\n")
        return [line for line in lines if line.endswith(b"}") and line.count(b"{") == line.count(b"}")]

    def events(self):
        return [json.loads(line) for line in self.lines()]

    def settle(self, count):
        harness.wait_for(lambda: len(self.lines()) >= count, f"{count} events at {self.name}")
