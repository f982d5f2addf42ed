# SPDX-License-Identifier: Apache-2.0
"""The sources of calls that name files, beside bpftrace programs on the tracepoints of these calls: the
same calls, texts, numbers and results. Debian has no tool for them that works without kprobes."""
import ctypes
import os
import tempfile

import harness
import tools

LIBC = ctypes.CDLL(None, use_errno=True)
# the entry notes what the call is given, the return shows it; " | " cannot be in our names
ENTER = "tracepoint:syscalls:sys_enter_%s /pid == %d/ { @text[tid] = str(args->%s); @more[tid] = %s; }\n"
EXIT = """tracepoint:syscalls:sys_exit_%s /pid == %d/ {
  printf("%s | %%d | %%s | %%s\\n", args->ret, @text[tid], @more[tid]);
}
"""


def program(calls):
    """calls: (name, member with the first text, an expression for the second text)"""
    here = os.getpid()
    return "".join(ENTER % (name, here, text, more) + EXIT % (name, here, name)
                   for name, text, more in calls)


def compare(source, calls, load, rows, mark):
    """rows(event): what the tool shows of it, but for the call's name."""
    with tempfile.TemporaryDirectory(prefix="rm.") as folder:
        def ours(event):
            if event["pid"] != os.getpid():
                return None
            row = (event["error"], *rows(event))
            return row if any(folder in str(value) for value in row) else None

        def theirs(line):
            words = line.split(" | ")
            if len(words) != 4 or folder not in line:
                return None
            return max(0, -int(words[1])), *words[2:]

        def inside():
            load(folder)

        command = ["bpftrace", "-e", program(calls)]
        return tools.compare(source, command, inside, ours, theirs,
                             mark_with=lambda _folder, name: mark(f"/{name}"))


def missing(function, *arguments):
    """Marks: a call that fails."""
    return lambda path: getattr(LIBC, function)(path.encode(), *arguments)


def make(path):
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
    return path


def test_delete():
    def load(folder):
        for i in range(100):
            if i % 3:
                make(f"{folder}/{i}")
            LIBC.unlink(f"{folder}/{i}".encode())
            LIBC.unlinkat(-100, f"{folder}/{i}".encode(), 0)
            LIBC.rmdir(f"{folder}/{i}".encode())

    calls = [("unlink", "pathname", '""'), ("unlinkat", "pathname", '""'),
             ("rmdir", "pathname", '""')]
    assert len(compare("delete", calls, load, lambda event: (event["path_arg"], ""),
                       missing("unlink"))) >= 300


def test_rename():
    def load(folder):
        make(f"{folder}/0")
        for i in range(100):
            LIBC.rename(f"{folder}/{i}".encode(), f"{folder}/{i + 1}".encode())
            LIBC.renameat(-100, f"{folder}/{i}".encode(), -100, f"{folder}/x".encode())

    calls = [("rename", "oldname", "str(args->newname)"),
             ("renameat", "oldname", "str(args->newname)")]
    assert len(compare("rename", calls, load,
                       lambda event: (event["old_path_arg"], event["new_path_arg"]),
                       missing("rename", b"/x/y"))) == 200


def test_link():
    def load(folder):
        make(f"{folder}/file")
        for i in range(100):
            LIBC.link(f"{folder}/file".encode(), f"{folder}/{i % 60}".encode())
            LIBC.symlink(f"{folder}/file".encode(), f"{folder}/soft{i % 60}".encode())

    calls = [("link", "oldname", "str(args->newname)"),
             ("symlink", "oldname", "str(args->newname)")]
    assert len(compare("link", calls, load,
                       lambda event: (event["target_arg"], event["path_arg"]),
                       missing("link", b"/x/y"))) == 200


def test_chmod():
    def load(folder):
        make(f"{folder}/file")
        for i in range(100):
            LIBC.chmod(f"{folder}/{'file' if i % 2 else 'missing'}".encode(), i)

    calls = [("chmod", "filename", 'str(args->filename)')]
    assert len(compare("chmod", calls, load, lambda event: (event["path_arg"], event["path_arg"]),
                       missing("chmod", 0))) == 100


def test_chown():
    def load(folder):
        make(f"{folder}/file")
        for i in range(100):
            LIBC.chown(f"{folder}/{'file' if i % 2 else 'missing'}".encode(), i, i)

    calls = [("chown", "filename", 'str(args->filename)')]
    assert len(compare("chown", calls, load, lambda event: (event["path_arg"], event["path_arg"]),
                       missing("chown", 0, 0))) == 100


harness.main()
