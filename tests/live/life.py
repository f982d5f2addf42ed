# SPDX-License-Identifier: Apache-2.0
"""Start and stop: signals, readers that go away, sinks that take nothing."""
import os
import signal
import subprocess
import tempfile
import time

import harness

OPENS = """
version: 1
sources: {open: {builtin: open}, exec: {builtin: exec}, exit: {builtin: exit}}
sinks: {out: {type: %s}}
pipelines:
  all:
    from: [open, exec, exit]
    handlers:
      - forward: out
"""


class Load:
    """Opens files as fast as it can until it is stopped."""

    def __enter__(self):
        self.process = subprocess.Popen([os.path.join(harness.BIN, "open-loop"), "/etc/hostname",
                                         "1000000000"], stdout=subprocess.DEVNULL)

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def test_sigterm_under_load_loses_nothing_and_is_quick():
    with tempfile.TemporaryDirectory() as folder:
        log = os.path.join(folder, "log")
        daemon = harness.Daemon(config=OPENS % f"file, path: {log}").wait_running()
        with Load():
            time.sleep(1)
            start = time.monotonic()
            code = daemon.stop()
            took = time.monotonic() - start
        print(f"gone {took * 1000:.0f} ms after SIGTERM")  # the figure; a bound is the bench's
        assert code == 0, daemon.stderr
        books = daemon.books()
        assert books["source open"]["lost"] == 0, books
        assert books["sink out"]["dropped"] == 0, books
        with open(log, "rb") as file:
            assert sum(1 for _ in file) == books["sink out"]["delivered"]


def test_sigint_and_seconds_end_it_too():
    daemon = harness.Daemon("run", "exec", program=harness.RINGMILL).wait_running()
    assert daemon.stop(signal.SIGINT) == 0, daemon.stderr
    daemon.books()
    daemon = harness.Daemon("run", "--seconds", "1", "exec", program=harness.RINGMILL)
    assert daemon.wait() == 0, daemon.stderr
    daemon.books()


def closed_stdout(events_follow):
    read_end, write_end = os.pipe()
    daemon = harness.Daemon("run", "exec", program=harness.RINGMILL, stdout=write_end)
    os.close(write_end)
    daemon.wait_running()
    subprocess.run(["/bin/true"], check=True)
    os.read(read_end, 100)
    os.close(read_end)
    while events_follow and daemon.process.poll() is None:
        subprocess.run(["/bin/true"], check=True)
    assert daemon.wait() == 0, daemon.stderr
    books = daemon.books()
    assert books["sink stdout"]["delivered"] >= 1
    assert len(daemon.stderr_lines) == 1 + len(books), daemon.stderr


def test_a_closed_stdout_ends_it_quietly():
    """As with `| head -3`: exit 0 and the books, no message, no death by SIGPIPE."""
    closed_stdout(events_follow=True)


def test_a_closed_stdout_ends_it_without_another_event():
    closed_stdout(events_follow=False)


def test_a_reader_that_stops_reading_cannot_hold_it():
    """The pipe is full and nobody reads: SIGTERM still ends it; the books say what was dropped."""
    read_end, write_end = os.pipe()
    daemon = harness.Daemon("run", "open", program=harness.RINGMILL, stdout=write_end).wait_running()
    os.close(write_end)
    subprocess.run([os.path.join(harness.BIN, "open-loop"), "/etc/hostname", "200000"],
                   check=True, stdout=subprocess.DEVNULL)
    assert daemon.stop() == 0, daemon.stderr
    os.close(read_end)
    books = daemon.books()
    assert books["sink stdout"]["dropped"] > 0


def test_two_daemons_see_the_same():
    first = harness.Daemon("run", "exec", program=harness.RINGMILL).wait_running()
    second = harness.Daemon("run", "exec", program=harness.RINGMILL).wait_running()
    process = subprocess.Popen(["/bin/true"])
    process.wait()
    for daemon in (first, second):
        assert daemon.stop() == 0, daemon.stderr
        assert process.pid in [event["pid"] for event in daemon.events()]


harness.main()
