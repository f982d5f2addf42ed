# SPDX-License-Identifier: Apache-2.0
"""Log lines that standard error does not take: nobody waits for them."""
import fcntl
import os
import threading

import harness
from controlled import Controlled, settle

CONFIG = """
version: 1
sources: {open: {builtin: open}}
sinks: {log: {type: file, path: FOLDER/log}}
pipelines: {opens: {from: open, handlers: [{filter: path == "FOLDER/target"}, {forward: log}]}}
control: {socket: FOLDER/control.sock}
"""
FAULTS = 64  # messages of a config that is refused, each a line of the log
PIPE = 4096


class Unread(Controlled):
    """Its stderr is a small pipe that is full, once it runs, and read again from read() on."""

    def __init__(self, config):
        self.read_on = threading.Event()
        super().__init__(config)
        fcntl.fcntl(self.process.stderr, fcntl.F_SETPIPE_SZ, PIPE)
        pipe = os.open(f"/proc/{self.process.pid}/fd/2", os.O_WRONLY | os.O_NONBLOCK)
        try:
            while True:
                os.write(pipe, b".\n")
        except BlockingIOError:
            os.close(pipe)

    def _read_stderr(self):
        for line in self.process.stderr:
            self.stderr_lines.append(line.decode("utf-8", "replace").rstrip("\n"))
            if line.endswith(b"running\n"):
                self.read_on.wait()

    def fail_to_reload(self):
        code, _, errors = harness.run("reload", "--socket", self.path, program=harness.RINGMILL)
        assert code == 3 and errors.count("\n") > FAULTS / 2, (code, errors)


def test_nobody_waits():
    daemon = Unread(CONFIG)
    faults = "".join(f"\nunknown_key_number_{i}: a value that nobody has asked for" for i in range(FAULTS))
    harness.write_file(daemon.folder.name, "ringmill.yaml", CONFIG + faults)
    while daemon.status()["log_dropped"] == 0:
        daemon.fail_to_reload()
    daemon.open_target(5)
    settle(daemon, "opens", 5)
    daemon.read_on.set()
    harness.wait_for(lambda: "log lines were dropped here: standard error did not accept them" in daemon.stderr,
                     "a line that says so")
    dropped = daemon.status()["log_dropped"]
    assert f"ringmill_log_dropped_lines_total {dropped}\n" in daemon.ask("/metrics")[1]
    assert f" {dropped} log lines were dropped" in daemon.stderr
    assert daemon.stop() == 0, daemon.stderr
    assert harness.forwarded(daemon.books()["pipeline opens"]) == 5


def test_a_stop_with_books_that_nobody_reads():
    daemon = Unread(CONFIG)
    daemon.open_target(5)
    settle(daemon, "opens", 5)
    daemon.process.terminate()
    assert daemon.process.wait(timeout=harness.PATIENCE) == 0
    daemon.read_on.set()
    with open(os.path.join(daemon.place.name, "log"), encoding="utf-8") as file:
        assert len(file.readlines()) == 5


harness.main()
