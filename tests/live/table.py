# SPDX-License-Identifier: Apache-2.0
"""Tables on a terminal: what a person sees there, in a pty with a terminal's own rules (pyte)."""
import fcntl
import json
import os
import pty
import re
import shutil
import signal
import struct
import subprocess
import tempfile
import termios
import threading

import pyte

import flood
import harness

ESCAPE = b"\x1b"


# Messages go to the terminal, too, as for people.
TOGETHER = ["/bin/sh", "-c", 'exec "$0" "$@" 2>&1', harness.RINGMILL]


class Terminal:
    """ringmill run on a terminal of its own; what is on its screen, all the time."""

    def __init__(self, *arguments, columns=80, lines=24, term="xterm", owns=True, messages=False):
        self.folder = tempfile.TemporaryDirectory(prefix="ringmill-table.")
        self.path = self.folder.name
        self.screen = pyte.Screen(columns, lines)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self.lock = threading.Lock()
        self.messages = messages
        self.master, slave = pty.openpty()
        self.resize(columns, lines)

        def own():
            os.setsid()
            if owns:
                fcntl.ioctl(slave, termios.TIOCSCTTY, 0)

        self.daemon = harness.Daemon("run", *arguments, "--filter",
                                     f'path =~ "^{self.path}/" && pid != {os.getpid()}', "open",
                                     program=TOGETHER if messages else harness.RINGMILL,
                                     stdout=slave, stdin=slave, preexec_fn=own,
                                     env={**os.environ, "TERM": term})
        os.close(slave)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        if messages:
            harness.wait_for(lambda: "ringmill: running" in self.shown(), "the program to run")
        else:
            self.daemon.wait_running()

    def _read(self):
        while True:
            try:
                data = os.read(self.master, 65536)
            except OSError:
                return
            if not data:
                return
            with self.lock:
                self.raw += data
                self.stream.feed(data)

    def resize(self, columns, lines):
        with self.lock:
            self.screen.resize(lines, columns)
            fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def open(self, count, name="file", comm="open-loop"):
        program = os.path.join(self.path, comm)
        if not os.path.exists(program):
            shutil.copy(os.path.join(harness.BIN, "open-loop"), program)
        path = os.path.join(self.path.encode(), os.fsencode(name))
        if not os.path.exists(path):
            with open(path, "wb"):
                pass
        subprocess.run([program, path, str(count)], check=True, stdout=subprocess.DEVNULL)

    def shown(self):
        with self.lock:
            return [line.rstrip() for line in self.screen.display]

    def type(self, keys):
        os.write(self.master, keys)

    def rows(self):
        """The lines below the title and the names."""
        lines = self.shown()
        titles = [i for i, line in enumerate(lines) if re.match(r"\d+ rows?\b", line)]
        if not titles:
            return []
        assert len(titles) == 1 or self.messages, lines
        return [line for line in lines[titles[-1] + 2:] if line and line != "^C"]

    def wait_rows(self, condition, what):
        try:
            harness.wait_for(lambda: condition(self.rows()), what)
        except AssertionError:
            print("\n".join(self.shown()), self.daemon.stderr, sep="\n")
            raise

    def end(self, signal_number=signal.SIGINT):
        code = self.daemon.stop(signal_number)
        self.reader.join(harness.PATIENCE)
        return code


def counts(rows):
    return {row.split()[0]: int(row.split()[1]) for row in rows}


def test_refreshed_in_place():
    """The numbers grow where they are, highest first; the last state stays on the screen."""
    terminal = Terminal("--by", "comm", "--value", "count()", "--value", "hist(flags)")
    terminal.open(100, comm="first")
    terminal.wait_rows(lambda rows: counts(rows) == {"first": 100}, "the first")
    terminal.open(300, comm="second")
    terminal.wait_rows(lambda rows: [row.split()[:2] for row in rows] ==
                       [["second", "300"], ["first", "100"]], "the second above the first")
    assert any("\u2588" in row for row in terminal.rows()), terminal.rows()
    terminal.open(1000, comm="first")
    assert terminal.end() == 0, terminal.daemon.stderr
    assert counts(terminal.rows()) == {"first": 1100, "second": 300}, terminal.shown()
    assert list(counts(terminal.rows())) == ["first", "second"], terminal.shown()
    assert b"\x1b[?" not in terminal.raw  # no other screen, no hidden cursor
    assert not any("\u2588" in line for line in terminal.shown()[terminal.screen.cursor.y:])
    books = terminal.daemon.books()
    assert books["pipeline run"]["aggregated"] == 1400, books
    assert books["sink stdout"]["forwarded"] == books["sink stdout"]["delivered"], books


def test_messages_stand_below():
    """What the program says of itself on the same terminal neither takes lines of the table nor is
    taken by it: a message meanwhile, ^C, and the books at the end."""
    terminal = Terminal("--by", "comm", "--value", "count()", messages=True)
    terminal.open(100, comm="first")
    terminal.wait_rows(lambda rows: counts(rows) == {"first": 100}, "the first")
    terminal.daemon.process.send_signal(signal.SIGUSR1)
    said = "ringmill: reopening the files of the sinks"
    harness.wait_for(lambda: said in terminal.shown(), "a message")
    terminal.open(300, comm="second")
    terminal.wait_rows(lambda rows: [row.split() for row in rows] ==
                       [["second", "300"], ["first", "100"]], "the second")
    lines = terminal.shown()
    assert lines.index(said) > next(i for i, line in enumerate(lines) if line.split() == ["first", "100"]), lines
    terminal.type(b"\x03")
    assert terminal.daemon.wait() == 0
    terminal.reader.join(harness.PATIENCE)
    lines = [line for line in terminal.shown() if line]
    end = next(i for i, line in enumerate(lines) if line.startswith("source open: produced"))
    assert re.match(r"2 rows, partial: ", lines[end - 4]), lines
    assert [line.split() for line in lines[end - 3:end]] == \
        [["comm", "count"], ["second", "300"], ["first", "100"]], lines
    assert lines[end + 1].startswith("pipeline run: seen "), lines
    assert lines[-1].startswith("sink stdout: forwarded "), lines


def test_the_books_begin_a_line():
    """Also where ^C was echoed in the middle of one."""
    terminal = Terminal("--format", "json", messages=True)
    terminal.type(b"\x03")
    assert terminal.daemon.wait() == 0
    terminal.reader.join(harness.PATIENCE)
    assert any(line.startswith("source open: produced") for line in terminal.shown()), terminal.shown()


LOSSY = """
version: 1
sources: {%s}
sinks: {out: {type: table}}
pipelines:
  all: {from: flood, handlers: [{aggregate: {window: 100ms, values: {n: count()}}}, {forward: out}]}
"""


def test_losses_behind_the_last_row_are_shown():
    """They are known later than the rows; the last state has them all."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    screen = pyte.Screen(80, 24)
    stream = pyte.ByteStream(screen)
    with flood.Flood(3000000) as source:
        daemon = harness.Daemon(config=LOSSY % flood.source(source, "keep: none", more=", ring_size: 4KiB"),
                                stdout=slave, env={**os.environ, "TERM": "xterm"}).wait_running()
        source.write(100000)
        assert daemon.stop() == 0, daemon.stderr
    os.close(slave)
    lost = daemon.books()["source flood"]["lost"]
    assert lost > 0
    try:
        while data := os.read(master, 65536):
            stream.feed(data)
    except OSError:
        pass  # the end of what is on a terminal
    os.close(master)
    assert any(f", {lost} lost" in line for line in screen.display), screen.display


def test_narrow_and_low():
    """40 x 10: columns that do not fit are left out, rows that do not fit are counted."""
    terminal = Terminal("--by", "path", "--value", "n=count()", "--value", "max(pid)", "--value",
                        "distinct(comm)", columns=40, lines=10)
    for i in range(12):
        terminal.open(20 + i, name=f"a-rather-long-name-{i:02}")
    harness.wait_for(lambda: any(line.startswith("12 rows, 7 shown") for line in terminal.shown()),
                     "seven of twelve rows")
    assert terminal.end() == 0, terminal.daemon.stderr
    rows = terminal.rows()
    assert len(rows) == 7 and all(len(row) < 40 for row in rows), rows
    assert [int(row.split()[1]) for row in rows] == [31, 30, 29, 28, 27, 26, 25], rows
    assert all("\u2026" in row for row in rows), rows  # the paths are cut, numbers are not
    assert all(len(line) < 40 for line in terminal.shown()), terminal.shown()


def test_resized():
    """Another size: the table is laid out anew."""
    terminal = Terminal("--by", "comm", "--value", "count()", "--value", "distinct(path)")
    terminal.open(10, comm="first")
    terminal.open(20, comm="second")
    terminal.wait_rows(lambda rows: counts(rows) == {"second": 20, "first": 10}, "two rows")
    for columns, lines, fields in (16, 24, 2), (100, 4, 3), (80, 24, 3):
        terminal.resize(columns, lines)
        terminal.wait_rows(lambda rows: rows and len(rows) == min(2, lines - 3) and
                           all(len(row.split()) == fields and len(row) < columns for row in rows),
                           f"{columns} x {lines}")
    assert terminal.end() == 0, terminal.daemon.stderr
    assert counts(terminal.rows()) == {"second": 20, "first": 10}, terminal.shown()


def test_what_a_name_holds_stays_text():
    """Control characters, text that is no UTF-8, wide characters, marks that turn text around."""
    terminal = Terminal("--by", "file=path", "--value", "count()", columns=120)
    names = {b"\x1b[2J\x1b[31mred": 5, b"two\nlines\r\x07": 4, b"\xff\xfe": 3,
             "日本語".encode(): 2, "\u202egpj.exe\x9b".encode(): 1}
    for name, count in names.items():
        terminal.open(count, name=name)
    terminal.wait_rows(lambda rows: len(rows) == 5, "five rows")
    assert terminal.end() == 0, terminal.daemon.stderr
    rows = [row[len(terminal.path) + 1:].split() for row in terminal.rows()]
    assert [int(row[-1]) for row in rows] == [5, 4, 3, 2, 1], rows
    assert "".join(rows[0][:-1]) == r"\x1b[2J\x1b[31mred", rows
    assert rows[1][0] == r"two\x0alines\x0d\x07" and rows[2][0] == r"\xff\xfe", rows
    assert "".join(rows[3][:-1]) == "日本語" and rows[4][0] == r"\u202egpj.exe\x9b", rows
    with terminal.lock:
        ends = {max(x for x, cell in line.items() if cell.data.strip())
                for y, line in terminal.screen.buffer.items()
                if any(cell.data == "/" for cell in line.values())}
    assert len(ends) == 1, ends  # the numbers stand below one another
    assert b"\x1b[2J\x1b[31m" not in terminal.raw and b"\x07" not in terminal.raw


def test_terminal_closed():
    """With it goes the program, whether the kernel tells it by a signal or by an error."""
    for owns in True, False:
        terminal = Terminal("--by", "comm", owns=owns)
        terminal.open(10)
        terminal.wait_rows(lambda rows: counts(rows) == {"open-loop": 10}, "a row")
        os.close(terminal.master)
        code = terminal.daemon.wait()
        assert code in (0, 1), (code, terminal.daemon.stderr)
        terminal.daemon.books()


def test_a_terminal_that_can_nothing():
    """TERM=dumb: one table at the end, and no control sequence."""
    terminal = Terminal("--by", "comm", term="dumb")
    terminal.open(10, comm="first")
    terminal.open(30, comm="second")
    assert terminal.end() == 0, terminal.daemon.stderr
    assert counts(terminal.rows()) == {"second": 30, "first": 10}, terminal.shown()
    assert ESCAPE not in terminal.raw, terminal.raw


def piped(*arguments, folder, comms):
    daemon = harness.Daemon("run", *arguments, "--filter",
                            f'path == "{folder}/file" && pid != {os.getpid()}', "open",
                            program=harness.RINGMILL).wait_running()
    for comm, count in comms:
        program = os.path.join(folder, comm)
        shutil.copy(os.path.join(harness.BIN, "open-loop"), program)
        subprocess.run([program, harness.write_file(folder, "file", ""), str(count)], check=True,
                       stdout=subprocess.DEVNULL)
    assert daemon.stop() == 0, daemon.stderr
    return daemon


def test_piped():
    """Plain rows, a table for each window; or JSON where that is asked for."""
    comms = [("first", 10), ("second", 30)]
    with tempfile.TemporaryDirectory() as folder:
        daemon = piped("--by", "comm", folder=folder, comms=comms)
        lines = daemon.stdout.decode().splitlines()
        assert re.fullmatch(r"2 rows, partial: [\d-]+ [\d:]+ to [\d:]+ UTC", lines[0]), lines
        assert [line.split() for line in lines[1:]] == \
            [["comm", "count"], ["second", "30"], ["first", "10"]], lines
        assert ESCAPE not in daemon.stdout
        daemon = piped("--by", "comm", "--window", "100ms", folder=folder, comms=comms)
        rows = [line.split() for line in daemon.stdout.decode().splitlines()
                if re.match("first|second", line)]
        assert sum(int(count) for _, count in rows) == 40, daemon.stdout
        daemon = piped("--by", "comm", "--value", "n=count()", "--format", "json", folder=folder,
                       comms=comms)
        assert [(event["comm"], event["n"]) for event in map(json.loads,
                                                            daemon.stdout.splitlines())] == \
            [("second", 30), ("first", 10)], daemon.stdout


def test_without_by():
    with tempfile.TemporaryDirectory() as folder:
        daemon = piped("--value", "count()", "--value", "distinct(pid)", folder=folder,
                       comms=[("first", 10), ("second", 30)])
        assert daemon.stdout.decode().splitlines()[2].split() == ["40", "2"], daemon.stdout


def test_mistakes_are_the_command_line_s():
    for arguments, words in (
            (["--by", "com"], ["--by: ", "no field com; did you mean comm?", "    com\n    ^"]),
            (["--by", "comm", "--value", "sum(flag)"], ["--value sum(flag): ", "flags"]),
            (["--value", "quantil(pid, 0.5)"], ["--value quantil(pid, 0.5): ", '"quantile"']),
            (["--by", "comm", "--window", "1x"], ["--window: ", "1x"]),
            (["--by", "comm", "--interval", "x"], ["--interval: ", "x"]),
            (["--format", "jsn"], ["--format: ", '"json"'])):
        code, out, err = harness.run("run", *arguments, "open", program=harness.RINGMILL)
        assert code == 3 and out == "" and all(word in err for word in words), (arguments, err)
        assert "pipelines" not in err and "command line:" not in err, err
    for arguments, word in ((["--window", "1s"], "--window"),
                            (["--by", "comm", "--window", "1s", "--interval", "1s"], "--interval"),
                            (["--value", "count()", "--value", "count()"], "NAME=count()"),
                            (["--value", "()"], "count()")):
        code, out, err = harness.run("run", *arguments, "open", program=harness.RINGMILL)
        assert code == 2 and out == "" and word in err, (arguments, err)


harness.main()
