# SPDX-License-Identifier: Apache-2.0
"""Calls that change names, modes, owners and links of files: each once, with the right values."""
import contextlib
import ctypes
import errno
import os
import random
import re
import subprocess
import tempfile

import harness

LIBC = ctypes.CDLL(None, use_errno=True)
SOURCES = ("delete", "rename", "link", "chmod", "chown")
AT_FDCWD, AT_REMOVEDIR, AT_EMPTY_PATH, AT_SYMLINK_FOLLOW = -100, 0x200, 0x1000, 0x400
RENAME_NOREPLACE, RENAME_EXCHANGE = 1, 2
PROGRAM = os.path.join(harness.BIN, "file-calls")
SYSCALLS = {"renameat2": 316, "fchmodat2": 452} if os.uname().machine == "x86_64" else \
    {"renameat2": 276, "fchmodat2": 452}


def config(sources, settings="", condition=None):
    condition = condition or f"pid == {os.getpid()} || ppid == {os.getpid()}"
    return f"""
version: 1
sources:
""" + "".join(f"  {name}: {{builtin: {name}{settings}}}\n" for name in sources) + f"""
sinks: {{out: {{type: stdout}}}}
pipelines:
  all:
    from: [{', '.join(sources)}]
    handlers:
      - filter: {condition}
      - forward: out
"""


@contextlib.contextmanager
def watched(*sources):
    """Yields a list, which has the events of this process and its children afterwards."""
    daemon = harness.Daemon(config=config(sources)).wait_running()
    events = []
    with tempfile.TemporaryDirectory(prefix="ringmill-files.") as folder:
        before = os.getcwd()
        os.chdir(folder)
        try:
            yield events
        finally:
            os.chdir(before)
    assert daemon.stop() == 0, daemon.stderr
    daemon.books()
    events += sorted((event for event in daemon.events() if "_lost" not in event),
                     key=lambda event: event["time"])  # of several rings


def call(name, *arguments):
    """The result, or -errno."""
    result = (LIBC.syscall(SYSCALLS[name], *arguments) if name in SYSCALLS
              else getattr(LIBC, name)(*arguments))
    return -ctypes.get_errno() if result < 0 else result


def values(event, *names):
    return tuple(event[name] for name in names)


def make(path, text="x"):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


PATH = ("error", "path", "path_arg", "path_resolved", "path_truncated")


def test_delete():
    with watched("delete") as events:
        here = os.getcwd()
        os.makedirs("a/b")
        os.symlink("a", "way")
        folder = os.open("a", os.O_RDONLY)
        for path in ("one", "a/two", "a/three", "a/b/four", "n" * 255, "..dots", "five"):
            make(path)
        os.unlink("one")
        os.unlink("two", dir_fd=folder)
        os.unlink("way/three")
        os.unlink(f"{here}/a/b/../b/four")
        os.unlink("n" * 255)
        os.unlink("..dots")
        os.unlink("./five")
        os.rmdir("b", dir_fd=folder)
        assert call("unlink", b"missing") == -errno.ENOENT
        assert call("unlink", b"") == -errno.ENOENT
        assert call("unlink", b"a") == -errno.EISDIR
        assert call("rmdir", b"way") == -errno.ENOTDIR
        assert call("rmdir", b".") == -errno.EINVAL
        assert call("unlinkat", 12345, b"gone", 0) == -errno.EBADF
        assert call("unlinkat", 12345, f"{here}/gone".encode(), 0) == -errno.ENOENT
        assert call("unlink", None) == -errno.EFAULT
        assert call("unlink", b"x" * 5000) == -errno.ENAMETOOLONG
        os.close(folder)
    seen = [(*values(event, *PATH), event["directory"]) for event in events
            if event["path_arg"] is None or not event["path_arg"].startswith(here)
            or "gone" in event["path"] or "four" in event["path"]]
    assert seen[:17] == [
        (0, f"{here}/one", "one", True, False, False),
        (0, f"{here}/a/two", "two", True, False, False),
        (0, f"{here}/way/three", "way/three", False, False, False),
        (0, f"{here}/a/b/../b/four", f"{here}/a/b/../b/four", False, False, False),
        (0, f"{here}/{'n' * 255}", "n" * 255, True, False, False),
        (0, f"{here}/..dots", "..dots", True, False, False),
        (0, f"{here}/./five", "./five", False, False, False),
        (0, f"{here}/a/b", "b", True, False, True),
        (errno.ENOENT, f"{here}/missing", "missing", True, False, False),
        (errno.ENOENT, None, "", False, False, False),
        (errno.EISDIR, f"{here}/a", "a", True, False, False),
        (errno.ENOTDIR, f"{here}/way", "way", True, False, True),
        (errno.EINVAL, f"{here}/.", ".", False, False, True),
        (errno.EBADF, None, "gone", False, False, False),
        (errno.ENOENT, f"{here}/gone", f"{here}/gone", False, False, False),
        (errno.EFAULT, None, None, False, False, False),
        (errno.ENAMETOOLONG, None, "x" * 4096, False, True, False),
    ], seen


def test_rename():
    names = [f"{which}{part}" for which in ("old_path", "new_path")
             for part in ("", "_arg", "_resolved", "_truncated")]
    with watched("rename") as events:
        here = os.getcwd()
        os.mkdir("a")
        folder = os.open("a", os.O_RDONLY)
        make("one")
        make("two")
        os.rename("one", "three")
        os.rename("three", "four", dst_dir_fd=folder)
        assert call("renameat2", folder, b"four", AT_FDCWD, b"two", RENAME_NOREPLACE) == \
            -errno.EEXIST
        assert call("renameat2", folder, b"four", AT_FDCWD, b"two", RENAME_EXCHANGE) == 0
        os.rename(f"{here}/two", "a/five")
        assert call("rename", b"missing", b"a") == -errno.ENOENT
        os.close(folder)
    seen = [values(event, "error", "flags", *names) for event in events]
    assert seen == [
        (0, 0, f"{here}/one", "one", True, False, f"{here}/three", "three", True, False),
        (0, 0, f"{here}/three", "three", True, False, f"{here}/a/four", "four", True, False),
        (errno.EEXIST, "RENAME_NOREPLACE", f"{here}/a/four", "four", True, False,
         f"{here}/two", "two", True, False),
        (0, "RENAME_EXCHANGE", f"{here}/a/four", "four", True, False,
         f"{here}/two", "two", True, False),
        (0, 0, f"{here}/two", f"{here}/two", False, False, f"{here}/a/five", "a/five", False, False),
        (errno.ENOENT, 0, f"{here}/missing", "missing", True, False, f"{here}/a", "a", True, False),
    ], seen


def test_link():
    names = ("kind", "error", "path", "path_arg", "path_resolved", "target", "target_arg",
             "target_resolved")
    with watched("link") as events:
        here = os.getcwd()
        os.mkdir("a")
        folder = os.open("a", os.O_RDONLY)
        file = os.open(make("file"), os.O_RDONLY)
        os.link("file", "hard")
        os.link("file", "hard", dst_dir_fd=folder, follow_symlinks=False)
        os.symlink("../file", "soft", dir_fd=folder)
        os.symlink("/etc/hostname", "absolute")
        assert call("linkat", AT_FDCWD, b"absolute", folder, b"host", AT_SYMLINK_FOLLOW) <= 0
        assert call("linkat", file, b"", folder, b"by-fd", AT_EMPTY_PATH) == 0
        assert call("link", b"file", b"hard") == -errno.EEXIST
        assert call("symlink", b"", b"none") == -errno.ENOENT
        os.close(folder)
        os.close(file)
    seen = [values(event, *names) for event in events]
    assert [row for row in seen if row[3] != "host"] == [
        ("LINK_HARD", 0, f"{here}/hard", "hard", True, f"{here}/file", "file", True),
        ("LINK_HARD", 0, f"{here}/a/hard", "hard", True, f"{here}/file", "file", True),
        ("LINK_SYMBOLIC", 0, f"{here}/a/soft", "soft", True, "../file", "../file", False),
        ("LINK_SYMBOLIC", 0, f"{here}/absolute", "absolute", True, "/etc/hostname",
         "/etc/hostname", False),
        ("LINK_HARD", 0, f"{here}/a/by-fd", "by-fd", True, f"{here}/file", "", True),
        ("LINK_HARD", errno.EEXIST, f"{here}/hard", "hard", True, f"{here}/file", "file", True),
        ("LINK_SYMBOLIC", errno.ENOENT, f"{here}/none", "none", True, "", "", False),
    ], seen
    followed = next(row for row in seen if row[3] == "host")
    assert followed[5:] == (f"{here}/absolute", "absolute", False), followed


def test_chmod():
    names = ("call", "mode", "mode_before", "mode_after", "modes_known", *PATH)
    with watched("chmod") as events:
        here = os.getcwd()
        file = os.open(make("file"), os.O_RDONLY)
        os.chmod("file", 0o600)
        os.fchmod(file, 0o4711)
        assert call("fchmodat", AT_FDCWD, b"missing", 0o777, 0) == -errno.ENOENT
        second = call("fchmodat2", file, b"", 0o640, AT_EMPTY_PATH)
        assert call("fchmod", 12345, 0o777) == -errno.EBADF
        os.close(file)
    seen = [values(event, *names) for event in events]
    unknown = (None, None, False)
    assert [row for row in seen if row[0] != "FCHMODAT2"] == [
        ("CHMOD", "0600", *unknown, 0, f"{here}/file", "file", False, False),
        ("FCHMOD", "04711", "0100600", "0104711", True, 0, f"{here}/file", None, True, False),
        ("FCHMODAT", "0777", *unknown, errno.ENOENT, f"{here}/missing", "missing", False, False),
        ("FCHMOD", "0777", *unknown, errno.EBADF, None, None, False, False),
    ], seen
    if second != -errno.ENOSYS:
        assert [row for row in seen if row[0] == "FCHMODAT2"] == [
            ("FCHMODAT2", "0640", *unknown, 0, f"{here}/file", "", True, False)], seen


def test_chown():
    names = ("call", "new_uid", "new_gid", "uid_before", "gid_before", "uid_after", "gid_after",
             "owners_known", *PATH)
    unchanged, unknown = 4294967295, (None, None, None, None, False)
    with watched("chown") as events:
        here = os.getcwd()
        os.symlink("file", "soft")
        file = os.open(make("file"), os.O_RDONLY)
        os.chown("file", 1, 2)
        os.fchown(file, 3, -1)
        os.lchown("soft", 4, 5)
        os.chown("soft", 6, 7)
        assert call("fchownat", file, b"", 8, 9, AT_EMPTY_PATH) == 0
        assert call("chown", b"missing", 1, 1) == -errno.ENOENT
        os.close(file)
    # the library makes fchownat of some of these, on some machines
    seen = [values(event, *names[1:]) for event in events]
    assert seen == [
        (1, 2, *unknown, 0, f"{here}/file", "file", False, False),
        (3, unchanged, 1, 2, 3, 2, True, 0, f"{here}/file", None, True, False),
        (4, 5, *unknown, 0, f"{here}/soft", "soft", True, False),
        (6, 7, *unknown, 0, f"{here}/soft", "soft", False, False),
        (8, 9, *unknown, 0, f"{here}/file", "", True, False),
        (1, 1, *unknown, errno.ENOENT, f"{here}/missing", "missing", False, False),
    ], seen


def outcomes(folder, mode):
    """What the program says that it did."""
    done = subprocess.run([PROGRAM, mode], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode == 77:
        raise harness.Lacking(f"this machine has no {mode}")
    return re.findall(r"(\w+) (-?\d+)", done.stdout)


def check_program(mode, expected):
    with watched(*SOURCES) as events:
        here = os.getcwd()
        os.mkdir("folder")
        make("file")
        results = outcomes(here, mode)
    assert all(int(result) >= 0 or int(result) == -errno.ENOENT for _, result in results), results
    seen = [(event["source"], event["error"],
             *[event[name].removeprefix(here + "/") for name in ("old_path", "new_path", "path", "target")
               if name in event])
            for event in events if event["comm"] == "file-calls"]
    assert seen == expected, seen


def test_32_bit_programs():
    check_program("compat", [
        ("link", 0, "hard", "file"), ("link", 0, "folder/hard", "file"),
        ("link", 0, "folder/soft", "file"), ("rename", 0, "hard", "harder"),
        ("rename", 0, "folder/soft", "folder/softer"), ("chmod", 0, "harder"),
        ("chmod", 0, "file"), ("chown", 0, "file"), ("delete", 0, "harder"),
        ("delete", 0, "folder/softer"), ("delete", errno.ENOENT, "missing")])


def test_io_uring():
    check_program("uring", [
        ("link", 0, "folder/hard", "file"), ("link", 0, "folder/soft", "file"),
        ("rename", 0, "folder/soft", "softer"), ("delete", 0, "softer"),
        ("delete", errno.ENOENT, "missing")])


class Tree:
    """Folders of all kinds: nested, behind links, bind mounts, and each with a descriptor."""

    def __init__(self, root, chance):
        self.chance = chance
        self.folders = [root]
        for i in range(40):
            parent = chance.choice(self.folders)
            path = os.path.join(parent, f"{'d' * chance.choice((1, 3, 100))}{i}")
            kind = chance.randrange(4)
            if kind == 0 and i > 5:
                os.symlink(chance.choice(self.folders), path)
            else:
                os.mkdir(path)
            if kind == 1:
                LIBC.mount(chance.choice(self.folders).encode(), path.encode(), None, 4096, None)
            if len(os.path.realpath(path)) < 2000 and len(path) < 2000:
                self.folders.append(path)

    def name(self, i):
        """(text, dirfd or None, the real path) of a name that is not there, in some form."""
        folder = self.chance.choice(self.folders)
        real = os.path.realpath(folder)
        name = f"{self.chance.choice(('f', '.f', 'x' * 200))}{i}"
        form = self.chance.randrange(4)
        descriptor = None
        if form == 0:
            os.chdir(folder)
            text = name
        elif form == 1:
            text, descriptor = name, os.open(folder, os.O_RDONLY)
        elif form == 2:
            text = os.path.join(folder, name)
        else:
            other = self.chance.choice(self.folders)
            os.chdir(other)
            text = os.path.relpath(os.path.join(real, name), os.path.realpath(other))
        return text, descriptor, os.path.join(real, name)


def test_random_paths():
    """A path that is said to be resolved is right; another one is what was typed, in its folder."""
    seed = int(os.environ.get("RINGMILL_SEED", random.randrange(1 << 32)))
    print(f"seed {seed}")
    chance, count = random.Random(seed), 1000
    wanted = []
    with watched("delete", "rename", "link") as events:
        here = os.getcwd()
        tree = Tree(here, chance)
        for i in range(count):
            text, descriptor, real = tree.name(i)
            cwd = os.getcwd()
            os.close(os.open(text, os.O_CREAT | os.O_WRONLY, dir_fd=descriptor))
            base = os.readlink(f"/proc/self/fd/{descriptor}") if descriptor is not None else cwd
            typed = text if text.startswith("/") else os.path.join(base, text)
            kind = chance.choice(("delete", "rename", "link"))
            if kind == "delete":
                os.unlink(text, dir_fd=descriptor)
            elif kind == "rename":
                os.rename(text, text + "+", src_dir_fd=descriptor, dst_dir_fd=descriptor)
            else:
                os.link(text, text + "+", src_dir_fd=descriptor, dst_dir_fd=descriptor,
                        follow_symlinks=False)
            wanted.append((kind, text, typed, real))
            if descriptor is not None:
                os.close(descriptor)
        os.chdir(here)
        subprocess.run(f"grep -F ' {here}' /proc/self/mounts | cut -d' ' -f2 | tac | "
                       "xargs -r umount -l", shell=True, check=True)
    names = {"delete": ("path",), "rename": ("old_path", "new_path"), "link": ("target", "path")}
    seen = [event for event in events if event.get("kind") != "LINK_SYMBOLIC"][:count]
    exact = 0
    for event, (kind, text, typed, real) in zip(seen, wanted, strict=True):
        assert event["source"] == kind and event["error"] == 0, (event, text)
        for name, end in zip(names[kind], ("", "+")):
            assert event[name + "_arg"] == text + end, (event, text)
            if event[name + "_resolved"]:
                assert event[name] == real + end, (event, real)
                exact += 1
            else:
                assert event[name] == typed + end, (event, typed)
    assert exact > count / 4, exact


def test_chroot():
    """From the root of the process, like /proc/PID/fd there."""
    with watched("delete") as events:
        os.mkdir("jail")
        os.mkdir("jail/inside")
        make("jail/inside/one")
        make("jail/two")
        pid = os.fork()
        if pid == 0:
            os.chroot("jail")
            os.chdir("/inside")
            os.unlink("one")
            os.unlink("/two")
            os._exit(0)
        os.waitpid(pid, 0)
    assert [values(event, "path", "path_resolved") for event in events if event["pid"] == pid] == [
        ("/inside/one", True), ("/two", True)], events


def test_a_deleted_folder_is_not_exact():
    with watched("delete") as events:
        here = os.getcwd()
        os.mkdir("gone")
        os.chdir("gone")
        os.rmdir(f"{here}/gone")
        assert call("unlink", b"file") == -errno.ENOENT
        os.chdir(here)
    assert values(events[1], "path", "path_resolved") == (f"{here}/gone/file", False), events


def check_flood(source, calls_per_round):
    """A ring of one page: most records are lost, and each is counted."""
    rounds = 20_000 if harness.KIND == "release" else 4000
    daemon = harness.Daemon(config=config([source], ", ring_size: 4KiB")).wait_running()
    with tempfile.TemporaryDirectory() as folder:
        make(os.path.join(folder, "file"))
        child = subprocess.run([PROGRAM, "loop", source, str(rounds)], cwd=folder, check=True,
                               stdout=subprocess.DEVNULL)
    assert child.returncode == 0 and daemon.stop() == 0, daemon.stderr
    books = daemon.books()[f"source {source}"]
    assert books["produced"] >= rounds * calls_per_round, books


def test_ancestors():
    """All of these sources have those of the calling process."""
    with watched(*SOURCES) as events:
        make("file")
        os.chmod("file", 0o600)
        os.chown("file", -1, -1)
        os.link("file", "other")
        os.rename("file", "third")
        os.unlink("other")
        os.unlink("third")
    events = [event for event in events if event["pid"] == os.getpid()]
    assert {event["source"] for event in events} == set(SOURCES), events
    for event in events:
        assert event["ancestor_pids"][0] == os.getppid(), event
        assert event["ancestor_count"] == len(event["ancestors"]), event
        assert event["ancestors"][0] == event["parent_comm"], event


def test_books_balance_under_a_flood():
    for source in SOURCES:
        check_flood(source, 1)


harness.main()
