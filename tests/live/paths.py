# SPDX-License-Identifier: Apache-2.0
"""Paths of `open` and `exec`: random ones, compared with what /proc shows while the file is open."""
import ctypes
import json
import os
import platform
import random
import shutil
import tempfile

import harness

CONFIG = """
version: 1
sources: {open: {builtin: open, ring_size: 32MiB}, exec: {builtin: exec, ring_size: 32MiB}}
sinks: {out: {type: stdout}}
pipelines:
  all:
    from: [open, exec]
    handlers:
      - filter: 'startswith(comm, "MARK") || startswith(parent_comm, "MARK")'
      - forward: out
"""

PR_SET_NAME, CLONE_NEWNS = 15, 0x20000
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
LIBC = ctypes.CDLL(None, use_errno=True)

# A program without libraries: it writes a byte, and waits for one.
CODE = {
    "x86_64": (62, "b801000000bf010000004889e6ba010000000f05"
                   "31c031ff4889e6ba010000000f05b83c00000031ff0f05"),
    "aarch64": (183, "200080d2e1030091220080d2080880d2010000d4"
                     "000080d2e1030091220080d2e80780d2010000d4000080d2a80b80d2010000d4"),
}


def waiting_program():
    machine, code = CODE[platform.machine()]
    code, base, head = bytes.fromhex(code), 0x400000, 64 + 56
    elf = b"\x7fELF\2\1\1" + bytes(9)
    for size, value in ((2, 2), (2, machine), (4, 1), (8, base + head), (8, 64), (8, 0), (4, 0), (2, 64),
                        (2, 56), (2, 1), (2, 64), (2, 0), (2, 0),
                        (4, 1), (4, 5), (8, 0), (8, base), (8, base), (8, head + len(code)),
                        (8, head + len(code)), (8, 4096)):
        elf += value.to_bytes(size, "little")
    return elf + code


def mount(source, target, kind, flags=0, data=None):
    arguments = [x.encode() if x else None for x in (source, target, kind)]
    if LIBC.mount(*arguments, flags, data.encode() if data else None) < 0:
        raise OSError(ctypes.get_errno(), f"mount {target}")


class Worker:
    """In a process of its own, with one of several roots; prints what /proc showed, by mark."""

    def __init__(self, kind, mark, seed, operations, out):
        self.random = random.Random(f"{seed}-{kind}")
        self.kind, self.mark, self.operations, self.out = kind, mark, operations, out
        self.n = 0
        self.outside = None

    def name(self):
        length = self.random.choice((1, 2, 5, 9, 30, 100, 255))
        return "".join(self.random.choice("abcdefghijklmnopqrstuvwxyzABC019 -_.$'\"\\\n\u00e9")
                       for _ in range(length)).encode()[:length].decode("utf-8", "ignore").strip(".") or "x"

    def short(self):
        return "".join(self.random.choice("abcdefghij") for _ in range(self.random.randint(1, 12)))

    def prepare(self, base):
        if self.kind != "plain":
            if LIBC.unshare(CLONE_NEWNS) < 0:
                raise harness.Lacking("mount namespaces")
            mount(None, "/", None, MS_REC | MS_PRIVATE)
            mount("tmpfs", base, "tmpfs")
        self.outside = os.open("/usr", os.O_PATH)
        for folder in ("lower/in/side", "upper", "work", "over", "bound/er", "from/deep/er", "root"):
            os.makedirs(f"{base}/{folder}")
        if "mounts" in self.kind:
            for path in ("lower/low", "lower/in/side/file"):
                harness.write_file(base, path, "")
            mount("overlay", f"{base}/over", "overlay", 0,
                  f"lowerdir={base}/lower,upperdir={base}/upper,workdir={base}/work")
            mount(f"{base}/from/deep", f"{base}/bound", None, MS_BIND)
            mount("tmpfs", f"{base}/bound/er", "tmpfs")
        self.proc = os.open("/proc", os.O_PATH)
        if "chroot" in self.kind:
            mount(base, f"{base}/root", None, MS_BIND)
            os.chroot(base + "/root")
            base = ""
        self.folders = [os.open(f"{base}/{folder}", os.O_PATH) for folder in
                        ("over", "bound", "bound/er", "from", "from/deep", "")]
        program = f"{base}/program"
        with open(program, "wb") as file:
            file.write(waiting_program())
        os.chmod(program, 0o755)
        self.program = os.open(program, os.O_RDONLY)
        self.grow()

    def grow(self):
        """Folders as deep as 60 names, of up to 255 bytes each: some of them too long to be shown. Two
        are as long as may be: of 15 and of 40 names of 255 bytes."""
        for depth in (15, 40):
            parent = self.folders[-1]
            for i in range(depth):
                name = chr(97 + i % 26) * 255
                os.mkdir(name, dir_fd=parent)
                parent = os.open(name, os.O_PATH, dir_fd=parent)
                if i % 5 == 4:
                    self.folders.append(parent)
        for _ in range(30):
            parent = self.random.choice(self.folders)
            if len(self.folders) < 150:
                for _ in range(self.random.choice((1, 1, 3, 60))):
                    name = self.random.choice((self.name, self.short, self.short))()
                    try:
                        os.mkdir(name, dir_fd=parent)
                    except FileExistsError:
                        pass
                    parent = os.open(name, os.O_PATH | os.O_NOFOLLOW, dir_fd=parent)
                    self.folders.append(parent)

    def begin(self):
        self.n += 1
        LIBC.prctl(PR_SET_NAME, f"{self.mark}{self.n}".encode(), 0, 0, 0)

    def report(self, key, link, **more):
        try:
            shown = os.readlink(link, dir_fd=self.proc)
        except OSError:
            shown = None  # too long for /proc
        self.out.write(json.dumps({"key": key, "shown": shown, **more}) + "\n")

    def open(self, path, flags, dir_fd=None, **more):
        self.begin()
        try:
            fd = os.open(path, flags, 0o600, dir_fd=dir_fd)
        except OSError:
            return None
        self.report(f"{self.mark}{self.n}", f"{os.getpid()}/fd/{fd}", **more)
        return fd

    def here(self, folder):
        try:
            return os.readlink(f"{os.getpid()}/fd/{folder}", dir_fd=self.proc)
        except OSError:
            return "x" * 5000

    def operate(self):
        folder, name = self.random.choice(self.folders), self.short()
        how = self.random.choice(("dirfd", "cwd", "absolute", "dots", "link", "deleted", "folder",
                                  "tmpfile", "outside", "exec", "exec", "gone"))
        create = os.O_RDWR | os.O_CREAT
        if how == "cwd":
            os.fchdir(folder)
        if how in ("dirfd", "cwd"):
            fd = self.open(self.random.choice((name, self.name(), "./" + name, ".//" + name)), create,
                           folder if how == "dirfd" else None)
        elif how == "absolute":
            path = self.here(folder) + "/" + name
            fd = self.open(path, create) if len(path.encode()) < 4000 else None
        elif how == "dots":
            fd = self.open("../" * self.random.randint(1, 5) + self.random.choice((".", "from")),
                           os.O_RDONLY, folder)
        elif how == "link":
            link = self.short() + "-link"
            target = self.here(self.random.choice(self.folders))
            if len(target.encode()) < 4000 and not os.access(link, os.F_OK, dir_fd=folder,
                                                              follow_symlinks=False):
                os.symlink(target, link, dir_fd=folder)
            fd = self.open(link, os.O_RDONLY, folder)
        elif how in ("deleted", "gone"):
            try:
                held = os.open(name, create, 0o600, dir_fd=folder)
            except IsADirectoryError:
                return
            os.unlink(name, dir_fd=folder)
            if how == "gone":
                os.close(os.open(name, create, 0o600, dir_fd=folder))
            fd = self.open(f"{os.getpid()}/fd/{held}", os.O_RDONLY, self.proc)
            os.close(held)
        elif how == "folder":
            fd = self.open(".", os.O_RDONLY, folder)
        elif how == "tmpfile":
            fd = self.open(".", os.O_TMPFILE | os.O_RDWR, folder)
        elif how == "outside":
            fd = self.open("bin/env", os.O_RDONLY, self.outside, outside="chroot" in self.kind)
        else:
            return self.execute(folder, name)
        if fd is not None:
            os.close(fd)

    def execute(self, folder, name):
        how = self.random.choice(("dirfd", "fd", "deleted"))
        try:
            with open(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o755, dir_fd=folder),
                      "wb") as copy, open(os.dup(self.program), "rb") as file:
                file.seek(0)
                copy.write(file.read())
        except FileExistsError:
            return
        held = os.open(name, os.O_RDONLY, dir_fd=folder)
        ours, theirs = os.pipe()
        stdin, feed = os.pipe()
        child = os.fork()
        if child == 0:
            os.dup2(stdin, 0)
            os.dup2(theirs, 1)
            os.fchdir(folder)
            if how == "deleted":
                os.unlink(name, dir_fd=folder)
            try:
                os.execve("./" + name if how == "dirfd" else held, ["waits"], {})
            finally:
                os._exit(1)
        os.close(theirs)
        if os.read(ours, 1):
            self.report(f"exec {child}", f"{child}/exe")
        os.close(feed)
        for fd in (held, ours, stdin):
            os.close(fd)
        os.waitpid(child, 0)

    def run(self, base):
        self.begin()
        self.prepare(base)
        for _ in range(self.operations):
            self.operate()


def work(kind, mark, seed, operations, base):
    """[what /proc showed, ...]"""
    with tempfile.TemporaryFile("w+") as out:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                Worker(kind, mark, seed, operations, out).run(base)
                out.flush()
                code = 0
            except harness.Lacking as lack:
                out.write(json.dumps({"lacking": str(lack)}) + "\n")
                out.flush()
                code = 0
            except BaseException:
                import traceback
                traceback.print_exc()
            os._exit(code)
        assert os.waitpid(child, 0)[1] == 0, f"{kind}, seed {seed}"
        out.seek(0)
        return [json.loads(line) for line in out]


def is_nearly_too_long(path):
    """So that /proc cannot show it with " (deleted)" after it."""
    return len(os.fsencode(path)) > 4095 - len(" (deleted)")


def compare(events, shown):
    """(how many are equal, how many are truncated); asserts that none is wrong."""
    equal = truncated = 0
    for one in shown:
        event = events.get(one["key"])
        assert event, f"no event of {one}"
        if one["shown"] is None:
            assert event["path_truncated"] or is_nearly_too_long(event["path"]), (one, event)
            truncated += 1
            continue
        if event["path"] is None and event["path_truncated"]:
            assert len(os.fsencode(one["shown"])) > 4095 - len("(unreachable)"), (one, event)
            truncated += 1
            continue
        path = event["path"]
        assert path.startswith("(unreachable)") == one.get("outside", False), (one, event)
        path = path.removeprefix("(unreachable)") + (" (deleted)" if event["deleted"] else "")
        assert event["path_resolved"] and path == one["shown"], (one, event)
        equal += 1
    return equal, truncated


def random_paths(operations, seed):
    if platform.machine() not in CODE:
        raise harness.Lacking(f"a program for {platform.machine()}")
    print(f"seed {seed}", flush=True)
    mark = f"p{os.getpid():x}."
    daemon = harness.Daemon(config=CONFIG.replace("MARK", mark)).wait_running()
    shown, kinds = [], ("plain", "mounts", "chroot", "mounts chroot")
    for number, kind in enumerate(kinds):
        base = tempfile.mkdtemp(prefix="ringmill-paths.")
        os.chmod(base, 0o755)
        try:
            shown += work(kind, f"{mark}{number}", seed, operations // len(kinds), base)
        finally:
            shutil.rmtree(base, ignore_errors=True)
    assert daemon.stop() == 0, daemon.stderr
    for one in shown:
        if "lacking" in one:
            raise harness.Lacking(one["lacking"])
    events = {}
    for event in daemon.events():
        if "args" in event:
            events[f"exec {event['pid']}"] = event
        elif event.get("comm", "").startswith(mark) and event["fd"] >= 0:
            events.setdefault(event["comm"], event)
    equal, truncated = compare(events, shown)
    execs = sum(one["key"].startswith("exec") for one in shown)
    print(f"{equal} paths equal, {execs} of them execs; {truncated} truncated", flush=True)
    assert equal > operations // 6, equal  # the folders of some seeds are mostly too deep


def test_random_ones_are_as_proc_shows_them():
    random_paths(500, int(os.environ.get("RINGMILL_SEED", random.randrange(1 << 32))))


def test_many_random_ones():
    """./dev soak paths [OPERATIONS]"""
    if "RINGMILL_PATHS" not in os.environ:
        raise harness.Lacking("RINGMILL_PATHS, how many; ./dev soak paths sets it")
    random_paths(int(os.environ["RINGMILL_PATHS"]),
                 int(os.environ.get("RINGMILL_SEED", random.randrange(1 << 32))))


harness.main()
