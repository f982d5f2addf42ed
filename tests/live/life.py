# SPDX-License-Identifier: Apache-2.0
"""Start and stop: signals, readers that go away, sinks that take nothing."""
import contextlib
import os
import pty
import signal
import subprocess
import tempfile
import time

import flood
import harness

FLOODED = """
version: 1
sources: {%s, exec: {builtin: exec}}
sinks: {out: {type: %s}, log: {type: file, path: /dev/null}}
pipelines:
  flood: {from: flood, handlers: [forward: %s]}
  programs: {from: exec, handlers: [%s]}
"""
NEVER_EMPTY = 3_000_000  # records a second: more than there is time for


def test_sigterm_under_load_loses_nothing_and_is_quick():
    with tempfile.TemporaryDirectory() as folder, flood.Flood(100000) as source:
        log = os.path.join(folder, "log")
        daemon = harness.Daemon(config=FLOODED % (flood.source(source, "keep: none"), f"file, path: {log}", "out",
                                                  "forward: out")).wait_running()
        source.start()
        harness.wait_for(lambda: os.path.getsize(log) > 1 << 20, "events")
        start = time.monotonic()
        code = daemon.stop()
        took = time.monotonic() - start
        print(f"gone {took * 1000:.0f} ms after SIGTERM")  # the figure; a bound is the bench's
        assert code == 0, daemon.stderr
        books = daemon.books()
        assert books["source flood"]["lost"] == 0, books
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
    # the look of each second may come just then, and tells the same
    told = [line for line in daemon.stderr_lines if not line.endswith(": the reader is gone")]
    assert len(told) == 1 + len(books), daemon.stderr


def test_a_closed_stdout_ends_it_quietly():
    """As with `| head -3`: exit 0 and the books, no message, no death by SIGPIPE."""
    closed_stdout(events_follow=True)


def test_a_closed_stdout_ends_it_without_another_event():
    closed_stdout(events_follow=False)


def test_a_reader_that_stops_reading_cannot_hold_it():
    """The pipe is full and nobody reads: SIGTERM still ends it, but not with success; the books say
    what was dropped."""
    read_end, write_end = os.pipe()
    daemon = harness.Daemon("run", "open", program=harness.RINGMILL, stdout=write_end).wait_running()
    os.close(write_end)
    subprocess.run([os.path.join(harness.BIN, "open-loop"), "/." * 1000 + "/etc/hostname", "10000"],
                   check=True, stdout=subprocess.DEVNULL)
    assert daemon.stop() == 1, daemon.stderr
    os.close(read_end)
    assert "sink stdout: stop deadline reached; unwritten events were dropped" in daemon.stderr
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


def test_a_busy_ring_starves_nobody():
    """A source paused by its slow sink goes on, and the end comes, while another ring is never
    empty."""
    started, read_end, write_end = 800, *os.pipe()
    with flood.Flood(NEVER_EMPTY) as source:
        daemon = harness.Daemon(stdout=write_end, config=FLOODED % (
            flood.source(source, "keep: none"), "stdout", "log",
            ", ".join(["forward: out"] * 4))).wait_running()
        os.close(write_end)
        source.start()
        for _ in range(started):  # more than the lane and the pipe hold
            subprocess.run(["/bin/true", "x" * 3000], check=True)
        lines = 0
        while lines < 4 * started:  # hangs here if the paused source does not go on
            lines += os.read(read_end, 1 << 20).count(b"\n")
        os.close(read_end)
        assert daemon.wait() == 0, daemon.stderr
    daemon.books()


def test_count_ends_under_load():
    with flood.Flood(NEVER_EMPTY) as source:
        source.start()
        daemon = harness.Daemon("run", "--count", "3000", "--object", flood.OBJECT, "--constant",
                                f"target={source.target}", program=harness.RINGMILL)
        assert daemon.wait() == 0, daemon.stderr
    assert len(daemon.events()) == 3000


def test_standard_descriptors_that_are_closed():
    for redirect, message in ((">&-", True), ("1</dev/null", True), ("<&-", False)):
        done = subprocess.run(["bash", "-c", f"{harness.RINGMILL} run --seconds 1 exec {redirect}"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        assert done.returncode == (2 if message else 0), (redirect, done.stderr)
        assert ("standard output is closed or read-only; redirect it" in done.stderr) == message
    # the log goes nowhere then, not into a ring or an eventfd
    done = subprocess.run(["bash", "-c", f"{harness.RINGMILL} run --seconds 1 exec 2>&-"],
                          stdout=subprocess.DEVNULL)
    assert done.returncode == 0


def test_one_sink_may_lose_its_reader():
    """A fifo's reader leaves: that is said, and the other sink gets everything."""
    with tempfile.TemporaryDirectory() as folder:
        fifo = os.path.join(folder, "fifo")
        os.mkfifo(fifo)
        config = f"""
version: 1
sources: {{exec: {{builtin: exec}}}}
sinks: {{log: {{type: file, path: {folder}/log}}, fifo: {{type: file, path: {fifo}}}}}
pipelines: {{all: {{from: exec, handlers: [forward: [log, fifo]]}}}}
"""
        code, _, errors = harness.run("--config", harness.write_file(folder, "c.yaml", config))
        assert code == 2 and "no process has this FIFO open for reading" in errors, errors
        reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        daemon = harness.Daemon(config=config).wait_running()
        os.close(reader)
        for _ in range(100):
            subprocess.run(["/bin/true"], check=True)
        harness.wait_for(lambda: "the reader is gone" in daemon.stderr, "the loss of the reader")
        assert daemon.stop() == 0, daemon.stderr
        books = daemon.books()
        assert books["sink log"]["delivered"] == books["pipeline all"]["seen"] >= 100
        assert books["sink fifo"]["dropped"] > 0


def stderr_of_a_silent_source(terminal, until):
    """A source whose program waits for what nobody does."""
    master, slave = pty.openpty() if terminal else os.pipe()
    with flood.Flood(1000) as source:
        process = subprocess.Popen([harness.RINGMILL, "run", "--object", flood.OBJECT, "--constant",
                                    f"target={source.target}", "--seconds", "7"], stderr=slave)
        os.close(slave)
        said = b""
        with contextlib.suppress(OSError):  # so a terminal says that nobody is there any more
            while until not in said and (more := os.read(master, 4096)):
                said += more
        process.send_signal(signal.SIGTERM)
        os.close(master)
        process.wait()
        return said


def test_a_silent_source_is_told_to_whoever_is_at_a_terminal():
    wanted = (b"source flood: no record in 5 s; its programs are attached; trigger an event that "
              b"they trace")
    assert wanted in stderr_of_a_silent_source(True, wanted)


def test_a_silent_source_is_told_to_nobody_else():
    assert b"no record in" not in stderr_of_a_silent_source(False, b"no record in")


def test_without_root_but_with_capabilities():
    held = "-all,+bpf,+perfmon,+dac_read_search"
    daemon = harness.Daemon("--reuid", "65534", "--regid", "65534", "--clear-groups",
                            f"--inh-caps={held}", f"--ambient-caps={held}",
                            harness.public(harness.RINGMILL), "run", "exec",
                            program="/usr/bin/setpriv").wait_running()
    process = subprocess.Popen(["/bin/true"])
    process.wait()
    assert daemon.stop() == 0, daemon.stderr
    assert process.pid in [event["pid"] for event in daemon.events()]


harness.main()
