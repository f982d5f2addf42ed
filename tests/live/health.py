# SPDX-License-Identifier: Apache-2.0
"""Each way to be unwell, on the live kernel: exactly the right check turns bad, and back; the
service manager hears the reason before the petting stops. (A busy head needs a ring of our own:
tests/unit/control/health.c.)"""
import os
import socket
import subprocess
import threading
import time

import harness
from controlled import Controlled, settle

LIMITS = "health: {stuck_after: 2s, sink_grace: 2s, busy_head: 2s, max_loss_rate: %d}\n"
CONTROL = "control: {socket: FOLDER/control.sock}\n"
WEDGE = """
version: 1
sources: {open: {builtin: open, ring_size: 256KiB}}  # that other programs' opens do not fill
sinks: {log: {type: file, path: FOLDER/log}}
pipelines: {all: {from: open, handlers: [{filter: 'path == "FOLDER/target"'}, {wedge: FOLDER/wedge}, {forward: log}]}}
"""
FIFO = """
version: 1
sources: {open: {builtin: open}}
sinks: {log: {type: file, path: FOLDER/fifo}}
pipelines: {all: {from: open, handlers: [{filter: 'path == "FOLDER/target"'}, {forward: log}]}}
"""


class Manager:
    """A service manager, which takes all that it is told at once."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "notify")
        self.server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.server.bind(self.path)
        self.told = []
        threading.Thread(target=self._listen, daemon=True).start()
        self.environment = dict(os.environ, NOTIFY_SOCKET=self.path, WATCHDOG_USEC="400000")

    def _listen(self):
        while True:
            self.told.append(self.server.recv(4096).decode())

    def messages(self):
        """Those since the last call."""
        told = self.told[:]
        del self.told[:len(told)]
        return told

    def wait_pets(self, count):
        """Until it was petted so often from now on."""
        pets = []
        self.messages()
        harness.wait_for(lambda: pets.extend(self.messages()) or
                         pets.count("WATCHDOG=1") >= count, f"{count} times WATCHDOG=1")


def wait_for_bad(daemon, name, cause=lambda: None):
    """Until a check is bad; it must be this one, and it alone. Gives the reason. The cause is repeated:
    beside a flood of other programs' opens the ring may lose a single one."""
    harness.wait_for(lambda: cause() or daemon.bad_checks(), f"{name} to turn bad")
    bad = daemon.bad_checks()
    assert list(bad) == [name], bad
    return bad[name]


def wait_for_good(daemon):
    harness.wait_for(lambda: not daemon.bad_checks(), "all to be well again")


def expect_exit(daemon, wanted):
    code, text, errors = harness.run("status", "--socket", daemon.path, program=harness.RINGMILL)
    assert code == wanted and errors == "", (code, text, errors)
    assert ("UNHEALTHY" in text) == (wanted == 1), text
    return text


def test_a_wedged_handler(tmp="/run"):
    folder = subprocess.check_output(["mktemp", "-d", "-p", tmp], text=True).strip()
    manager = Manager(folder)
    daemon = Controlled(WEDGE + CONTROL + LIMITS % 10**9, env=manager.environment,
                        program=os.path.join(harness.BIN, "ringmilld-wedge"))
    expect_exit(daemon, 0)
    manager.wait_pets(5)
    wedge = os.path.join(daemon.place.name, "wedge")
    harness.write_file(daemon.place.name, "wedge", "")
    reason = wait_for_bad(daemon, "handlers", lambda: daemon.open_target(1))
    assert "the handler wedge, number 2 of pipeline all, has kept a batch of source open" in reason
    assert "handlers: the handler wedge" in expect_exit(daemon, 1)
    told = []
    harness.wait_for(lambda: told.extend(manager.messages()) or
                     any(m.startswith("STATUS=unhealthy: handlers: ") for m in told),
                     "the reason to be sent")
    first_reason = next(i for i, m in enumerate(told) if m.startswith("STATUS=unhealthy: handlers: "))
    assert "WATCHDOG=1" not in told[first_reason:], told
    time.sleep(1)
    assert "WATCHDOG=1" not in manager.messages()
    os.unlink(wedge)
    wait_for_good(daemon)
    manager.wait_pets(5)
    expect_exit(daemon, 0)
    assert "check handlers: good again" in daemon.stderr
    assert daemon.stop() == 0, daemon.stderr
    daemon.books()
    subprocess.run(["rm", "-r", folder], check=True)


def test_a_loss_storm():
    daemon = Controlled(WEDGE + CONTROL + LIMITS % 500,
                        program=os.path.join(harness.BIN, "ringmilld-wedge"))
    harness.write_file(daemon.place.name, "wedge", "50")  # ms for each batch: slow, not stuck
    daemon.open_target(30000)
    reason = wait_for_bad(daemon, "losses")
    assert "max_loss_rate is 500" in reason, reason
    assert daemon.status()["sources"][0]["lost"] > 5000  # 500 a second, over ten seconds
    os.unlink(os.path.join(daemon.place.name, "wedge"))
    wait_for_good(daemon)
    assert daemon.stop() == 0, daemon.stderr
    daemon.books()


def test_a_sink_that_takes_nothing():
    """A fifo whose reader stops reading: the lane fills, the source pauses, the ring fills. A restart
    would not make it read."""
    place = subprocess.check_output(["mktemp", "-d"], text=True).strip()
    fifo = os.path.join(place, "fifo")
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    manager = Manager(place)
    daemon = Controlled(FIFO.replace("FOLDER/fifo", fifo) + CONTROL + LIMITS % 10**9,
                        env=manager.environment)
    daemon.open_target(2000)
    reason = wait_for_bad(daemon, "sinks")
    assert reason.startswith("sink log: has accepted no event for "), reason
    heard = []
    harness.wait_for(lambda: heard.extend(manager.messages()) or
                     any(m.startswith("STATUS=unhealthy: sinks: sink log: ") for m in heard),
                     "the reason to be sent")
    pets = heard.count("WATCHDOG=1")
    harness.wait_for(lambda: heard.extend(manager.messages()) or
                     heard.count("WATCHDOG=1") >= pets + 5, "the watchdog to be fed all the same")
    assert list(daemon.bad_checks()) == ["sinks"]
    os.set_blocking(reader, True)
    drain = subprocess.Popen(["cat"], stdin=reader, stdout=subprocess.DEVNULL)
    os.close(reader)
    wait_for_good(daemon)
    settle(daemon, "all", 2000)
    manager.wait_pets(5)
    assert daemon.stop() == 0, daemon.stderr
    drain.wait()
    assert daemon.books()["sink log"]["dropped"] == 0
    subprocess.run(["rm", "-r", place], check=True)


def test_a_disk_that_is_full():
    """A tiny file system: writes fail, and work again once there is room."""
    place = subprocess.check_output(["mktemp", "-d"], text=True).strip()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", place], check=True)
    try:
        daemon = Controlled(FIFO.replace("FOLDER/fifo", f"{place}/log") + CONTROL + LIMITS % 10**9)
        daemon.open_target(2000)
        reason = wait_for_bad(daemon, "sinks")
        assert "sink log: cannot write for " in reason and "No space left on device" in reason
        sink = daemon.status()["sinks"][0]
        assert sink["state"] == "retrying" and sink["last_error"] == "No space left on device"
        subprocess.run(["mount", "-o", "remount,size=64m", place], check=True)
        wait_for_good(daemon)
        settle(daemon, "all", 2000)
        assert daemon.status()["sinks"][0]["state"] == "running"
        lines = [line for line in daemon.stderr_lines if "sink log: " in line]
        assert len([line for line in lines if "retrying" in line]) == 1, lines
        assert len([line for line in lines if "writing again" in line]) == 1, lines
        assert daemon.stop() == 0, daemon.stderr
        assert daemon.books()["sink log"]["delivered"] == 2000
    finally:
        subprocess.run(["umount", "-l", place], check=True)
        os.rmdir(place)


harness.main()
