# SPDX-License-Identifier: Apache-2.0
"""Calls that change the tree of mounts, beside mountsnoop of libbpf-tools for two of them."""
import ctypes
import errno
import os
import re
import struct
import subprocess
import tempfile

import harness
import tools

PROGRAM = os.path.join(harness.BIN, "file-calls")
LIBC = ctypes.CDLL(None, use_errno=True)
MS_NOSUID, MS_REMOUNT, MS_BIND, MS_MOVE, MS_PRIVATE = 2, 32, 4096, 8192, 1 << 18
MNT_DETACH, UMOUNT_NOFOLLOW = 2, 8
OPEN_TREE, MOVE_MOUNT, FSOPEN, FSCONFIG, FSMOUNT, SETATTR = 428, 429, 430, 431, 432, 442
PIVOT_ROOT = 155 if os.uname().machine == "x86_64" else 41


def call(function, *arguments):
    """0 or more, or -errno."""
    result = function(*arguments)
    return -ctypes.get_errno() if result < 0 else result


def syscall(number, *arguments):
    return call(LIBC.syscall, number, *arguments)


def watch(load):
    """The events of this process and its children, as dicts without the fields of a process."""
    daemon = harness.Daemon("run", "mount", program=harness.RINGMILL).wait_running()
    with tempfile.TemporaryDirectory(prefix="ringmill-mount.") as folder:
        here = os.getcwd()
        os.chdir(folder)
        for name in ("a", "b", "c"):
            os.mkdir(name)
        try:
            load(folder)
        finally:
            for name in ("a", "b", "c"):
                while call(LIBC.umount2, os.path.join(folder, name).encode(), MNT_DETACH) == 0:
                    pass
            os.chdir(here)
    assert daemon.stop() == 0, daemon.stderr
    daemon.books()
    return [event for event in daemon.events() if os.getpid() in (event["pid"], event["ppid"])]


def shown(event):
    """What is not null, without the fields of a process."""
    names = ("call", "error", "flags", "umount_flags", "move_flags", "attributes_set",
             "attributes_cleared", "propagation", "type", "mount_source", "mount_source_resolved",
             "target", "target_resolved")
    return {name: event[name] for name in names if event[name] is not None and event[name] is not False}


def test_mount_and_umount():
    def load(_folder):
        assert call(LIBC.mount, b"some-name", b"a", b"tmpfs", MS_NOSUID, b"size=1m") == 0
        assert call(LIBC.mount, None, b"a", None, MS_REMOUNT | MS_NOSUID, None) == 0
        assert call(LIBC.mount, b"a", b"b", None, MS_BIND, None) == 0
        assert call(LIBC.mount, None, b"b", None, MS_PRIVATE, None) == 0
        assert call(LIBC.mount, b"b", b"c", None, MS_MOVE, None) <= 0
        assert call(LIBC.umount2, b"a", UMOUNT_NOFOLLOW) == 0
        assert call(LIBC.mount, b"x", b"missing", b"tmpfs", 0, None) == -errno.ENOENT
        assert call(LIBC.mount, b"x", b"a", b"nonsense", 0, None) == -errno.ENODEV
        assert call(LIBC.umount2, b"a", 0) == -errno.EINVAL

    here = []
    events = watch(lambda folder: here.append(folder) or load(folder))
    at = here[0] + "/"
    seen = [shown(event) for event in events][:9]
    move = seen.pop(4)
    assert (move["call"], move["flags"], move["mount_source"], move["target"]) == (
        "MOUNT", "MS_MOVE", at + "b", at + "c"), move
    assert seen == [
        {"call": "MOUNT", "error": 0, "flags": "MS_NOSUID", "type": "tmpfs",
         "mount_source": "some-name", "target": at + "a"},
        {"call": "MOUNT", "error": 0, "flags": "MS_NOSUID|MS_REMOUNT", "target": at + "a"},
        {"call": "MOUNT", "error": 0, "flags": "MS_BIND", "mount_source": at + "a",
         "target": at + "b"},
        {"call": "MOUNT", "error": 0, "flags": "MS_PRIVATE", "target": at + "b"},
        {"call": "UMOUNT", "error": 0, "umount_flags": "UMOUNT_NOFOLLOW", "target": at + "a",
         "target_resolved": True},
        {"call": "MOUNT", "error": errno.ENOENT, "flags": 0, "type": "tmpfs", "mount_source": "x",
         "target": at + "missing"},
        {"call": "MOUNT", "error": errno.ENODEV, "flags": 0, "type": "nonsense",
         "mount_source": "x", "target": at + "a"},
        {"call": "UMOUNT", "error": errno.EINVAL, "umount_flags": 0, "target": at + "a"},
    ], seen


def test_new_calls():
    empty_source, set_nosuid = 4, struct.pack("QQQQ", 2, 4, 0, 0)

    def load(_folder):
        context = syscall(FSOPEN, b"tmpfs", 0)
        assert context >= 0
        assert syscall(FSCONFIG, context, 1, b"source", b"my-source", 0) == 0
        assert syscall(FSCONFIG, context, 6, None, None, 0) == 0
        mount = syscall(FSMOUNT, context, 0, 0)
        folder = os.open(".", os.O_RDONLY)
        assert syscall(MOVE_MOUNT, mount, b"", folder, b"a", empty_source) == 0
        assert syscall(SETATTR, folder, b"a", 0, set_nosuid, len(set_nosuid)) == 0
        for number in (context, mount, folder):
            os.close(number)

    here = []
    events = watch(lambda folder: here.append(folder) or load(folder))
    seen = [shown(event) for event in events][:2]
    target = here[0] + "/a"
    assert seen == [
        {"call": "MOVE_MOUNT", "error": 0, "move_flags": "MOVE_MOUNT_F_EMPTY_PATH",
         "type": "tmpfs", "mount_source": "my-source", "mount_source_resolved": True,
         "target": target, "target_resolved": True},
        {"call": "MOUNT_SETATTR", "error": 0, "attributes_set": "MOUNT_ATTR_NOSUID",
         "attributes_cleared": "MOUNT_ATTR_NODEV", "propagation": 0, "target": target}], seen


def test_pivot_root():
    """Its paths are those before the root changes."""
    def load(_folder):
        assert call(LIBC.mount, b"none", b"a", b"tmpfs", 0, None) == 0
        os.mkdir("a/old")
        pid = os.fork()
        if pid == 0:
            LIBC.unshare(0x20000)
            os.chdir("a")
            LIBC.mount(None, b"/", None, MS_PRIVATE | 16384, None)
            os._exit(-syscall(PIVOT_ROOT, b".", b"old"))
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        results.append(status)

    here, results = [], []
    events = watch(lambda folder: here.append(folder) or load(folder))
    event = next(event for event in events if event["call"] == "PIVOT_ROOT")
    assert (event["error"], event["mount_source"], event["mount_source_arg"], event["target"],
            event["target_arg"]) == (results[0], here[0] + "/a/.", ".", here[0] + "/a/old", "old")
    assert event["target_resolved"] is False and event["comm"].startswith("python"), event


def test_books_balance_under_a_flood():
    """A ring of one page: most records are lost, and each is counted."""
    rounds = 1000
    config = """
version: 1
sources: {mount: {builtin: mount, ring_size: 4KiB}}
sinks: {out: {type: stdout}}
pipelines: {all: {from: mount, handlers: [{forward: out}]}}
"""
    daemon = harness.Daemon(config=config).wait_running()
    with tempfile.TemporaryDirectory(prefix="ringmill-mount.") as folder:
        subprocess.run([PROGRAM, "loop", "mount", str(rounds)], cwd=folder, check=True,
                       stdout=subprocess.DEVNULL)
    assert daemon.stop() == 0, daemon.stderr
    assert daemon.books()["source mount"]["produced"] >= 2 * rounds


def test_mountsnoop():
    """It shows mount and umount by what was typed. Its ring has room for about 29 calls."""
    here = os.getpid()
    with tempfile.TemporaryDirectory(prefix="ringmill-mount.") as folder:
        def load():
            for i in range(50):
                LIBC.mount(b"none", folder.encode(), b"tmpfs", MS_NOSUID, None)
                LIBC.umount2(folder.encode(), MNT_DETACH)
                LIBC.umount2(f"{folder}/{i}".encode(), 0)
                if i % 5 == 4:
                    yield

        def ours(event):
            if event["pid"] != here or not event["target_arg"].startswith(folder):
                return None
            return (event["call"], event["comm"], event["tid"], event["mntns"], event["error"],
                    event["mount_source_arg"] or "", event["target_arg"], event["type"] or "")

        def theirs(line):
            words = re.match(r"(\S+) +(\d+) +(\d+) +(\d+) +(mount|umount)\((.*)\) = (\S+)", line)
            if not words or words[2] != str(here) or folder not in line:
                return None
            texts = re.findall(r'"([^"]*)"', words[6])
            error = 0 if words[7] == "0" else getattr(errno, words[7].lstrip("-"))
            if words[5] == "umount":
                return ("UMOUNT", words[1], int(words[3]), int(words[4]), error, "", texts[0], "")
            return ("MOUNT", words[1], int(words[3]), int(words[4]), error, texts[0], texts[1],
                    texts[2])

        def mark(_folder, name):
            LIBC.umount2(f"/{name}".encode(), 0)

        assert len(tools.compare("mount", ["mountsnoop", "-p", str(here)], load, ours, theirs,
                                 mark_with=mark)) == 150


harness.main()
