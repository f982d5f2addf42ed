# SPDX-License-Identifier: Apache-2.0
"""Kernel modules loaded and unloaded, of the running kernel's own: `dummy`, which makes network interfaces.
A kernel without modules skips all; `./dev vm 6.1 -- python3 tests/live/module.py` has them."""
import ctypes
import errno
import glob
import lzma
import os
import platform
import tempfile

import harness
from bpftrace import Bpftrace

INIT, FINIT, DELETE = {"x86_64": (175, 313, 176), "aarch64": (105, 273, 106)}[platform.machine()]
libc = ctypes.CDLL(None, use_errno=True)
folder = tempfile.TemporaryDirectory(prefix="ringmill-test.", dir="/dev/shm")


def call(*arguments):
    return ctypes.get_errno() if libc.syscall(*arguments) < 0 else 0


def module_file():
    """The module, not compressed, at a path of the test's own."""
    found = glob.glob(f"/lib/modules/{os.uname().release}/kernel/drivers/net/dummy.ko*")
    if not os.path.exists("/proc/modules") or not found:
        raise harness.Lacking("this kernel has no modules, or not the module dummy")
    with open(found[0], "rb") as file:
        content = file.read()
    path = os.path.join(folder.name, "own-dummy.ko")
    with open(path, "wb") as file:
        file.write(lzma.decompress(content) if found[0].endswith(".xz") else content)
    return path


def load(path, parameters=b"numdummies=2"):
    fd = os.open(path, os.O_RDONLY)
    result = call(FINIT, fd, parameters, 0)
    os.close(fd)
    return result


def unload(name=b"dummy"):
    return call(DELETE, name, os.O_NONBLOCK)


def loaded():
    """(size, taints) as /proc/modules shows them; (E) and the like at the end are the taints."""
    with open("/proc/modules", encoding="ascii") as file:
        words = next(line.split() for line in file if line.startswith("dummy "))
    return int(words[1]), words[6] if len(words) > 6 else ""


def of_this_process(daemon):
    return [event for event in daemon.events() if event["pid"] == os.getpid()]


def test_loads_and_unloads():
    path = module_file()
    unload()
    daemon = harness.Daemon("run", "module", program=harness.RINGMILL).wait_running()
    assert load(path) == 0
    size, taints = loaded()
    assert load(path) == errno.EEXIST
    assert unload() == 0
    with open(path, "rb") as file:
        content = file.read()
    assert call(INIT, content, len(content), b"") == 0
    assert unload() == 0
    assert daemon.stop() == 0, daemon.stderr
    daemon.books()
    events = of_this_process(daemon)
    assert [(event["action"], event["error"], event["name"], event["path"]) for event in events] == [
        ("MODULE_LOAD", 0, "dummy", path), ("MODULE_LOAD", errno.EEXIST, None, path),
        ("MODULE_UNLOAD", 0, "dummy", None), ("MODULE_LOAD", 0, "dummy", None),
        ("MODULE_UNLOAD", 0, "dummy", None)], events
    assert [event["parameters"] for event in events] == [
        "numdummies=2", "numdummies=2", None, "", None], [event["parameters"] for event in events]
    assert events[0]["size"] == size, (events[0], size)
    letters = {"TAINT_OOT_MODULE": "O", "TAINT_UNSIGNED_MODULE": "E", "TAINT_PROPRIETARY_MODULE": "P"}
    named = (events[0]["taints"] or "").split("|") if events[0]["taints"] else []
    assert {letters[name] for name in named} == set(taints.strip("()")), (events[0], taints)
    assert events[1]["size"] is events[1]["taints"] is None and not events[1]["known"]


def test_attempts_that_fail():
    module_file()
    daemon = harness.Daemon("run", "module", program=harness.RINGMILL).wait_running()
    wrong = os.path.join(folder.name, "wrong.ko")
    with open(wrong, "wb") as file:
        file.write(b"no module")
    assert load(wrong, b"") == errno.ENOEXEC
    assert call(INIT, b"no module", 9, b"") == errno.ENOEXEC
    assert unload(b"rm_no_such_module") == errno.ENOENT
    assert daemon.stop() == 0, daemon.stderr
    assert [(event["action"], event["error"], event["name"], event["path"])
            for event in of_this_process(daemon)] == [
        ("MODULE_LOAD", errno.ENOEXEC, None, wrong), ("MODULE_LOAD", errno.ENOEXEC, None, None),
        ("MODULE_UNLOAD", errno.ENOENT, "rm_no_such_module", None)]


def test_the_same_as_bpftrace():
    path = module_file()
    script = ("tracepoint:module:module_load { printf(\"%d MODULE_LOAD %s %d\\n\", pid, str(args->name), args->taints); } "
              "tracepoint:module:module_free { printf(\"%d MODULE_UNLOAD %s 0\\n\", pid, str(args->name)); }")
    tracer = Bpftrace(script, lambda: (load(path), unload()))
    daemon = harness.Daemon("run", "module", program=harness.RINGMILL).wait_running()
    for _ in range(3):
        assert load(path) == 0 and unload() == 0
    assert daemon.stop() == 0, daemon.stderr
    ours = [[str(event["pid"]), event["action"], event["name"]] for event in of_this_process(daemon)]
    theirs = [words[:3] for words in tracer.stop() if words[0] == str(os.getpid())]
    assert ours == theirs[-6:] and len(ours) == 6, (ours, theirs)


def test_books_balance_in_a_flood():
    module_file()
    config = ("version: 1\nsources: {module: {builtin: module, ring_size: 4KiB}}\n"
              "sinks: {out: {type: 'null'}}\npipelines: {all: {from: module, handlers: [{forward: out}]}}\n")
    daemon = harness.Daemon(config=config).wait_running()
    daemon.pause()
    for _ in range(300):
        unload(b"rm_no_such_module")
    daemon.go_on()
    assert daemon.stop() == 0, daemon.stderr
    books = daemon.books()["source module"]
    assert books["lost"] > 0 and harness.counted(books) >= 300, books


harness.main()
