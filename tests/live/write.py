# SPDX-License-Identifier: Apache-2.0
"""Bytes written and read, per process and open file, at its close."""
import contextlib
import os
import resource
import subprocess
import sys
import tempfile

import harness

PROGRAM = os.path.join(harness.BIN, "file-calls")
SETTINGS = """
version: 1
sources: {write: {builtin: write, ring_size: 16MiB%s}}
sinks: {out: {type: stdout}}
pipelines:
  all:
    from: write
    handlers:
      - filter: startswith(path, "%s/")
      - forward: out
"""


@contextlib.contextmanager
def watched(settings=""):
    """Yields (folder, list); the list has the events of files in the folder afterwards."""
    events = []
    with tempfile.TemporaryDirectory(prefix="ringmill-write.") as folder:
        daemon = harness.Daemon(config=SETTINGS % (settings, folder)).wait_running()
        yield folder, events
    assert daemon.stop() == 0, daemon.stderr
    daemon.books()
    events += [event for event in daemon.events() if "_lost" not in event]


def create(folder, name, size=0):
    path = os.path.join(folder, name)
    with open(path, "wb") as file:
        file.truncate(size)
    return path


def sums(events, folder):
    """{name: [(written, read, writes, reads)]}"""
    found = {}
    for event in events:
        assert event["closed"] is True and event["duration_ns"] >= 0, event
        found.setdefault(event["path"].removeprefix(folder + "/"), []).append(
            tuple(event[name] for name in ("bytes_written", "bytes_read", "writes", "reads")))
    return found


def test_every_call_that_moves_bytes():
    with watched() as (folder, events):
        one, two = (os.open(create(folder, name, 100), os.O_RDWR) for name in ("one", "two"))
        info = os.fstat(one)
        os.write(one, b"x" * 10)
        os.pwrite(one, b"x" * 20, 0)
        os.writev(one, [b"x" * 30, b"y" * 30])
        os.pwritev(one, [b"x" * 40], 0)
        os.pwritev(one, [b"x" * 50], 0, os.RWF_DSYNC)
        os.lseek(one, 0, os.SEEK_SET)
        os.read(one, 11)
        os.pread(one, 12, 0)
        os.readv(one, [bytearray(13)])
        os.preadv(one, [bytearray(14)], 0)
        os.preadv(one, [bytearray(15)], 0, 0)
        os.sendfile(two, one, 0, 50)
        os.copy_file_range(one, two, 60, 0, 0)
        ends = os.pipe()
        os.splice(one, ends[1], 70, offset_src=0)
        os.splice(ends[0], two, 70)
        assert os.read(one, 0) == b""
        os.close(one)
        os.close(two)
    seen = sums(events, folder)
    assert seen == {"one": [(180, 65 + 50 + 60 + 70, 5, 8)], "two": [(180, 0, 3, 0)]}, seen
    event = next(event for event in events if event["path"].endswith("/one"))
    assert (event["pid"], event["inode"], event["deleted"]) == (os.getpid(), info.st_ino, False)
    assert event["flags"] & os.O_ACCMODE == os.O_RDWR, event
    assert event["ancestors"][0] == event["parent_comm"], event


CHILD = """
import os, sys
def fd(name, flags=os.O_RDWR | os.O_CREAT):
    number = os.open(os.path.join(sys.argv[1], name), flags, 0o600)
    os.write(number, b"x" * 10)
    return number
%s
"""


def child(folder, program):
    subprocess.run([sys.executable, "-c", CHILD % program, folder], check=True)


def test_every_way_to_close():
    with watched() as (folder, events):
        child(folder, "fd('exit')")
        child(folder, "fd('_exit'); os._exit(0)")
        child(folder, "os.dup2(fd('kept'), fd('dup2'))")
        child(folder, "number = fd('range'); os.closerange(number, number + 100)")
        child(folder, "fd('exec'); os.execv('/bin/true', ['true'])")
        child(folder, "number = fd('inherited'); os.set_inheritable(number, True)\n"
              "os.execv('/bin/sh', ['sh', '-c', f'printf 12345 >&{number}'])")
        child(folder, "number = fd('forked')\nif os.fork() == 0:\n"
              "    os.write(number, b'y' * 20); os._exit(0)\nos.wait()")
        child(folder, "number = fd('twice'); other = os.dup(number); os.close(number)\n"
              "os.write(other, b'y' * 30); os.close(other)")
        child(folder, "number = fd('threads')\nimport threading\nparts = [threading.Thread("
              "target=lambda: [os.write(number, b'z') for _ in range(1000)]) for _ in range(4)]\n"
              "[part.start() for part in parts]\n[part.join() for part in parts]")
        child(folder, "os.unlink(os.path.join(sys.argv[1], 'gone')) if fd('gone') else 0")
    seen = sums(events, folder)
    assert seen == {
        "exit": [(10, 0, 1, 0)], "_exit": [(10, 0, 1, 0)], "dup2": [(10, 0, 1, 0)],
        "kept": [(10, 0, 1, 0)], "range": [(10, 0, 1, 0)], "exec": [(10, 0, 1, 0)],
        "inherited": [(15, 0, 2, 0)], "forked": [(20, 0, 1, 0), (10, 0, 1, 0)],
        "twice": [(10, 0, 1, 0), (30, 0, 1, 0)], "threads": [(4010, 0, 4001, 0)],
        "gone": [(10, 0, 1, 0)]}, seen
    assert [event["deleted"] for event in events if event["path"].endswith("gone")] == [True]


def test_a_killed_process():
    with watched() as (folder, events):
        process = subprocess.Popen([sys.executable, "-c", CHILD % "fd('file'); print(flush=True)\n"
                                    "sys.stdin.read()", folder], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE)
        process.stdout.readline()
        process.kill()
        process.wait()
    assert sums(events, folder) == {"file": [(10, 0, 1, 0)]}, events


def transfer(folder, name, written, read):
    number = os.open(create(folder, name, 1000), os.O_RDWR)
    os.write(number, b"x" * written)
    os.pread(number, read, 0)
    os.close(number)


def test_settings():
    for settings, expected in ((", min_bytes: 100", ["b", "c", "d"]),
                               (", min_written: 1", ["a", "b", "d"]),
                               (", min_bytes: 200, min_written: 150", ["d"])):
        with watched(settings) as (folder, events):
            transfer(folder, "a", 99, 0)
            transfer(folder, "b", 50, 50)
            transfer(folder, "c", 0, 100)
            transfer(folder, "d", 150, 50)
        assert sorted(sums(events, folder)) == expected, (settings, events)


def test_32_bit_programs_and_io_uring():
    for mode in ("compat", "uring"):
        with watched() as (folder, events):
            os.mkdir(os.path.join(folder, "folder"))
            create(folder, "file")
            done = subprocess.run([PROGRAM, mode], cwd=folder, stdout=subprocess.DEVNULL,
                                  check=False)
        if done.returncode == 77:
            raise harness.Lacking(f"this machine has no {mode}")
        assert sums(events, folder) == {"file": [(5, 0, 1, 0)]}, (mode, events)


def test_more_files_than_there_is_room_for():
    """Each call makes a record then; sums stay right."""
    files, limit = 17_000, resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files + 100, max(files + 100, limit[1])))
    except ValueError:
        raise harness.Lacking(f"a process cannot open {files} files here") from None
    with watched() as (folder, events):
        path = create(folder, "file")
        numbers = [os.open(path, os.O_WRONLY) for _ in range(files)]
        for _ in range(2):
            for number in numbers:
                os.write(number, b"xy")
        for number in numbers:
            os.close(number)
    resource.setrlimit(resource.RLIMIT_NOFILE, limit)
    assert sum(event["bytes_written"] for event in events) == files * 4, len(events)
    assert sum(event["writes"] for event in events) == files * 2
    assert sum(not event["closed"] for event in events) >= 2 * (files - 16384), len(events)


def test_books_balance_under_a_flood():
    rounds = 20_000 if harness.KIND == "release" else 4000
    with tempfile.TemporaryDirectory(prefix="ringmill-write.") as folder:
        config = SETTINGS.replace("16MiB", "4KiB") % ("", folder)
        daemon = harness.Daemon(config=config).wait_running()
        create(folder, "file")
        subprocess.run([PROGRAM, "loop", "file", str(rounds)], cwd=folder, check=True,
                       stdout=subprocess.DEVNULL)
        assert daemon.stop() == 0, daemon.stderr
    assert daemon.books()["source write"]["produced"] >= rounds


harness.main()
