# SPDX-License-Identifier: Apache-2.0
"""Captures: what was recorded beside a live output comes out again byte for byte; and what a user
gets of a capture that is damaged, unfinished or none at all.

RINGMILL_RECORDS is how many records test_byte_for_byte makes, at least (./dev soak capture)."""
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

import harness

RECORDS = int(os.environ.get("RINGMILL_RECORDS", "20000"))
OPEN_LOOP = os.path.join(harness.BIN, "open-loop")

CONFIG = """\
version: 1
sources: {{open: {{builtin: open, ring_size: {ring}}}, exec: {{builtin: exec}}, exit: {{builtin: exit}},
  connect: {{builtin: connect, ring_size: 16MiB}}, signal: {{builtin: signal, ring_size: 16MiB}}}}
sinks: {{log: {{type: file, path: {folder}/live.jsonl}}, capture: {{type: capture, path: {folder}/c.rmc}}}}
pipelines:
  all: {{from: [open, exec, exit, connect, signal], handlers: [{{forward: [log, capture]}}]}}
"""


class Folder:
    def __init__(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="ringmill-test.")
        self.name = self.temporary.name

    def path(self, name):
        return os.path.join(self.name, name)

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def write(self, name, data):
        with open(self.path(name), "wb") as file:
            file.write(data)
        return self.path(name)


def capture(folder, work, ring="64MiB"):
    """Runs work() under a daemon that logs and captures all; its books."""
    daemon = harness.Daemon("--config", harness.write_file(
        folder.name, "live.yaml", CONFIG.format(folder=folder.name, ring=ring))).wait_running()
    work()
    assert daemon.stop() == 0, daemon.stderr
    return daemon.books()


def replay(*arguments, **options):
    done = subprocess.run([harness.RINGMILL, "replay", *arguments], capture_output=True,
                          timeout=harness.PATIENCE, **options)
    return done.returncode, done.stdout, done.stderr.decode("utf-8", "replace")


def opens(count, length):
    folder = tempfile.mkdtemp(prefix="ringmill-test.")
    path = os.path.join(folder, "x" * length)
    open(path, "w", encoding="ascii").close()
    subprocess.run([OPEN_LOOP, path, str(count)], check=True, stdout=subprocess.DEVNULL)
    shutil.rmtree(folder)


def signals(count):
    program = ("import os, sys\nfor i in range(int(sys.argv[1])): os.kill(os.getpid(), "
               "(18, 23, 28)[i % 3])")  # SIGCONT, SIGURG, SIGWINCH: all ignored
    subprocess.run([sys.executable, "-c", program, str(count)], check=True)


def connections(count):
    """Eleven changes of state each."""
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        listener = socket.socket(family)
        listener.bind((address, 0))
        listener.listen(16)
        for _ in range(count // 2):
            client = socket.create_connection(listener.getsockname()[:2])
            listener.accept()[0].close()
            client.close()
        listener.close()


def programs(count):
    for i in range(count):
        subprocess.run(["/bin/true", "x" * (i * 37 % 2000)], check=True)


def mixed_work(records):
    """At least so many records of five sources, of 64 to 2,200 bytes, from several processes."""
    threads = [threading.Thread(target=opens, args=(records * share // 100, length))
               for share, length in ((35, 3), (20, 70), (20, 250))]
    threads += [threading.Thread(target=signals, args=(records * 20 // 100,)),
                threading.Thread(target=connections, args=(max(records // 200, 2),)),
                threading.Thread(target=programs, args=(min(records // 100, 500),))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_byte_for_byte():
    folder = Folder()
    books = capture(folder, lambda: mixed_work(RECORDS))
    seen = books["pipeline all"]["seen"]
    assert seen >= RECORDS * 95 // 100, seen
    for source in ("open", "exec", "exit", "connect", "signal"):
        assert books[f"source {source}"]["seen"] > 0, source
    with open(folder.path("again.jsonl"), "wb") as output:
        daemon = harness.Daemon("replay", folder.path("c.rmc"), program=harness.RINGMILL,
                                stdout=output)
        assert daemon.wait() == 0, daemon.stderr
    again = daemon.books()
    assert again["source capture"]["seen"] == seen
    assert again["source capture"]["discarded"] == 0
    same = subprocess.run(["cmp", folder.path("live.jsonl"), folder.path("again.jsonl")],
                          capture_output=True, text=True)
    assert same.returncode == 0, same.stdout
    sizes = [os.stat(folder.path(name)).st_size for name in ("live.jsonl", "c.rmc")]
    print(f"{seen} records, {sizes[0]} bytes of JSON, {sizes[1]} of capture")


def test_losses():
    """A ring of a page loses most; the replay says so at the same places."""
    folder = Folder()
    books = capture(folder, lambda: mixed_work(20000), ring="4KiB")
    lost = books["source open"]["lost"]
    code, output, errors = replay(folder.path("c.rmc"))
    assert code == 0, errors
    assert output == folder.read("live.jsonl")
    if lost == 0:
        print("nothing was lost this time")
        return
    assert b'"_lost":' in output
    assert f"+ lost {lost}; skipped unknown\n" in errors, errors


def test_what_the_recorder_did_not_know():
    """Nothing counted what its source lost, so the replay cannot say that nothing was lost."""
    folder = Folder()
    for lost, expected in (("", "produced unknown = seen 2 + discarded 0 + lost unknown"),
                           ("lost: dropped, ", "produced 2 = seen 2 + discarded 0 + lost 0")):
        made = (f"{{object: {harness.OBJECTS}/numbers.bpf.o, type: struct number, {lost}"
                f"constants: {{target: {os.getpid()}}}}}")
        config = folder.write("config.yaml", (
            f"version: 1\nsources: {{made: {made}}}\n"
            f"sinks: {{out: {{type: capture, path: {folder.path('c.rmc')}}}}}\n"
            "pipelines: {all: {from: made, handlers: [forward: out]}}\n").encode())
        daemon = harness.Daemon("--config", config).wait_running()
        for _ in range(2):
            os.getpgid(0)
        assert daemon.stop() == 0, daemon.stderr
        code, _, errors = replay(folder.path("c.rmc"))
        assert code == 0 and f"source capture: {expected}; skipped unknown\n" in errors, errors
        os.unlink(folder.path("c.rmc"))


def test_two_sections():
    """A daemon that is started again goes on with its file, as it does with its log."""
    folder = Folder()
    seen = [capture(folder, lambda: mixed_work(500))["pipeline all"]["seen"] for _ in range(2)]
    code, output, errors = replay(folder.path("c.rmc"))
    assert code == 0, errors
    assert output == folder.read("live.jsonl")
    assert len(output.splitlines()) == sum(seen)


def test_killed_and_torn():
    """All that reached the file is delivered, then one error; and the next daemon goes on."""
    folder = Folder()
    daemon = harness.Daemon("--config", harness.write_file(
        folder.name, "live.yaml", CONFIG.format(folder=folder.name, ring="8MiB"))).wait_running()
    opens(2000, 10)
    harness.wait_for(lambda: os.stat(folder.path("c.rmc")).st_size > 200_000, "records")
    daemon.stop(signal.SIGKILL)
    code, output, errors = replay(folder.path("c.rmc"))
    assert code == 1, errors
    assert "without an end record: it is still being written, or its writer was killed" in \
        errors, errors
    whole = output.splitlines()
    assert len(whole) > 500
    data = folder.read("c.rmc")
    code, output, errors = replay(folder.write("torn.rmc", data[:-3001]))
    torn = output.splitlines()
    assert code == 1 and 0 < len(torn) < len(whole) and torn == whole[:len(torn)]
    assert f"torn.rmc is damaged at byte " in errors, errors
    assert f"; the {len(torn)} records before it are good\n" in errors, errors
    os.rename(folder.path("torn.rmc"), folder.path("c.rmc"))
    books = capture(folder, lambda: opens(100, 10))
    code, output, errors = replay(folder.path("c.rmc"))
    assert code == 0, errors
    lines = output.splitlines()
    assert lines[:len(torn)] == torn
    assert len(lines) == len(torn) + books["pipeline all"]["seen"]


def test_damaged():
    """A wrong byte: what is before its block comes, and the error says where."""
    folder = Folder()
    capture(folder, lambda: mixed_work(20000))
    whole = replay(folder.path("c.rmc"))[1].splitlines()
    data = bytearray(folder.read("c.rmc"))
    data[len(data) // 4 * 3] ^= 1
    path = folder.write("bad.rmc", data)
    code, output, errors = replay(path)
    lines = output.splitlines()
    assert code == 1 and 0 < len(lines) < len(whole) and lines == whole[:len(lines)], errors
    assert f"{path} is damaged at byte " in errors, errors
    # the daemon says the same, and ends
    config = (f"version: 1\nsources: {{again: {{capture: {path}}}}}\nsinks: {{out: {{type: stdout}}}}\n"
              "pipelines: {p: {from: again, handlers: [{forward: out}]}}\n")
    daemon = harness.Daemon(config=config)
    assert daemon.wait() == 1
    assert daemon.stdout == output and "is damaged at byte" in daemon.stderr
    # and nobody goes on with such a file
    os.rename(path, folder.path("c.rmc"))
    live = harness.write_file(folder.name, "live.yaml",
                              CONFIG.format(folder=folder.name, ring="8MiB"))
    code, _, errors = harness.run("--config", live)
    assert code == 2 and "is damaged at byte" in errors, errors


def test_through_a_config():
    folder = Folder()
    capture(folder, lambda: mixed_work(2000))
    config = harness.write_file(folder.name, "replay.yaml", """\
version: 1
sources: {open: {builtin: open}, exec: {builtin: exec}, signal: {builtin: signal}}
sinks: {out: {type: stdout}}
pipelines:
  opens: {from: open, handlers: [{filter: 'comm == "open-loop" && fd >= 0'}, {forward: out}]}
  others: {from: [exec, signal], handlers: [{limit: {count: 10}}, {forward: out}]}
""")
    code, output, errors = replay("--config", config, folder.path("c.rmc"))
    assert code == 0, errors
    live = folder.read("live.jsonl").splitlines()
    opened = [line for line in live
              if b'"source":"open"' in line and b'"comm":"open-loop"' in line
              and b'"error":0' in line]
    got = output.splitlines()
    assert [line for line in got if b'"source":"open"' in line] == opened
    for source in (b"exec", b"signal"):
        wanted = [line for line in live if b'"source":"%s"' % source in line][:10]
        assert [line for line in got if b'"source":"%s"' % source in line] == wanted
    assert not [line for line in got if b'"source":"connect"' in line]
    expected = folder.write("expected", output)
    code, output, errors = replay("--config", config, "--expect", expected, folder.path("c.rmc"))
    assert (code, output) == (0, b""), errors
    folder.write("expected", b"\n".join(got[:5] + [b'{"else":1}'] + got[6:]) + b"\n")
    code, output, errors = replay("--config", config, "--expect", expected, folder.path("c.rmc"))
    assert (code, output) == (1, b"")
    assert f"the output differs from {expected} in line 6\n  expected {{\"else\":1}}\n" in \
        errors, errors


def test_count_and_speed():
    """At ten times the speed of the recording, it takes a tenth of its time, at least."""
    import time
    folder = Folder()

    def work():
        opens(10, 5)
        time.sleep(1)
        opens(10, 5)
    capture(folder, work)
    lines = replay(folder.path("c.rmc"))[1].splitlines()
    code, output, _ = replay("--count", "7", folder.path("c.rmc"))
    assert code == 0 and output.splitlines() == lines[:7]
    for speed, least in (("recorded", 1), ("2", 0.5)):
        start = time.monotonic()
        code, output, errors = replay("--speed", speed, folder.path("c.rmc"))
        assert time.monotonic() - start >= least
        assert code == 0 and output.splitlines() == lines, errors


def test_without_privileges():
    folder = Folder()
    capture(folder, lambda: opens(10, 5))
    done = subprocess.run(["setpriv", "--bounding-set=-all", "--inh-caps=-all",
                           harness.public(harness.RINGMILL), "replay", folder.path("c.rmc")],
                          capture_output=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == folder.read("live.jsonl")


def test_errors():
    folder = Folder()
    capture(folder, lambda: opens(10, 5))
    good = folder.path("c.rmc")
    data = folder.read("c.rmc")
    text = folder.write("text", b"This is not what you are looking for.\n" * 10)
    other = folder.write("other", data[:8] + b"\1\2\3\4" + data[12:])
    newer = folder.write("newer", data[:12] + b"\2\0\0\0" + data[16:])
    short = folder.write("short", data[:20])
    plain = harness.write_file(folder.name, "plain.yaml", f"""\
version: 1
sources: {{open: {{builtin: open}}}}
sinks: {{out: {{type: file, path: {folder.name}/x}}}}
pipelines: {{p: {{from: open, handlers: [{{forward: out}}]}}}}
""")
    for arguments, code, message in (
            ((), 2, "no capture given"),
            ((good, good), 2, "only one capture can be given"),
            (("--config", plain, "--filter", "pid", good), 2, "--filter cannot be used with --config"),
            (("--config", plain, "--expect", text, good), 2,
             f"--expect: no sink of type stdout in {plain}"),
            (("--expect", "/no/such/file", good), 2, "--expect: cannot open /no/such/file: No such"),
            (("--config", "/no/such/file", good), 3, "/no/such/file: cannot be opened: No such file"),
            (("--speed", "fast", good), 3, "--speed: allowed are max, recorded, or a factor"),
            (("--filter", "pidd == 1", good), 3, "--filter: no record type has a field pidd"),
            (("--filter", b"comm == \"\xff\"", good), 2, "--filter: the value is not valid UTF-8"),
            (("/no/such/file",), 2, "/no/such/file: cannot be opened: No such file"),
            ((folder.name,), 1, f"{folder.name} is not a capture: not a regular file"),
            ((text,), 1, f"{text} is not a capture: it does not begin with the capture signature"),
            ((other,), 1, f"{other} was written on a machine with another byte order"),
            ((newer,), 1, f"{newer} is a capture of version 2; this program reads version 1"),
            ((short,), 1, f"{short} is not a capture: it has only 20 bytes")):
        result, output, errors = replay(*arguments)
        assert (result, output) == (code, b""), (arguments, result, errors)
        assert errors.splitlines()[-1 if "=" in errors else 0].startswith(
            "ringmill: error: " + message) or message in errors, (arguments, errors)


WINDOWS = """\
version: 1
sources: {open: {builtin: open}}
sinks: {out: {type: stdout}}
pipelines: {all: {from: open, handlers: [{aggregate: {window: {every: 50ms, by: ktime, late: 1s},
  values: {n: count(), flags: max(flags)}}}, {forward: out}]}}
"""


def recorded_elsewhere(data, later):
    """The records of a capture (without its header) as a machine would have them that was started
    so many ns earlier, of another boot. Checksums become something that nobody knows, so that the
    file counts as unfinished."""
    data, at = bytearray(data), 0

    def move(place, by):
        struct.pack_into("<q", data, place, struct.unpack_from("<q", data, place)[0] + by)

    while at < len(data):
        length, tag = struct.unpack_from("<II", data, at)
        body, length = at + 8, length & 0x3fffffff
        if not data[at + 3] & 0x40:
            move(body, later)  # all built-in sources have the ktime there
        elif tag == 1:
            data[body:body + 16] = b"another boot id."
            move(body + 16, later)
            move(body + 24, -later)
        elif tag == 3:
            move(body, later)
            move(body + 8, -later)
        elif tag == 5:
            struct.pack_into("<I", data, at + 4, 99)
        at = body + (length + 7) // 8 * 8
    return bytes(data)


def test_windows_on_any_machine():
    """Rows by ktime are those of the capture, however long this machine is up; a capture of two
    boots gives those of both, though the second one's times are before those of the first."""
    folder = Folder()

    def work():
        for _ in range(4):
            opens(5, 8)
            time.sleep(0.06)  # longer than a window, so that there are several

    capture(folder, work)
    data, config = folder.read("c.rmc"), folder.write("windows.yaml", WINDOWS.encode())
    header, records = data[:64], data[64:]
    moved = recorded_elsewhere(records, 10 ** 18)
    before = recorded_elsewhere(records, 0).replace(b"another boot id.", b"and one again...")
    status, wanted, books = replay("--config", config, folder.path("c.rmc"))
    assert status == 0 and wanted.count(b"\n") > 1 and " late 0 " in books, (wanted, books)
    for content, times in ((moved, 1), (moved + before, 2)):
        path = folder.write("moved.rmc", header + content)
        status, output, errors = replay("--config", config, path)
        assert (status, output) == (1, wanted * times), (output, wanted, errors)
        assert "are good" in errors, errors


harness.main()
