# SPDX-License-Identifier: Apache-2.0
"""Programs at functions of the kernel (tests/bpf/kernel), one style each: what comes out is compared
field by field with what the test did. They need a kernel that may change its own code, so they are
not among the tests of this machine: `./dev vm` runs them in a virtual machine."""
import errno
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile

import harness

ENVIRONMENT = 2
HERE = -100  # AT_FDCWD
RELEASE = tuple(int(number) for number in re.findall(r"\d+", os.uname().release)[:2])
# not on an overlayfs, which calls each function of a file system twice
folder = tempfile.TemporaryDirectory(prefix="ringmill-test.", dir="/dev/shm")


def path(name):
    return os.path.join(folder.name, name)


def kernel_object(name):
    return os.path.join(os.path.abspath(harness.BIN), "kernel", name + ".bpf.o")


def arguments_of(name, arguments):
    return ("run", "--object", kernel_object(name), *arguments)


def require_ringmill():
    if RELEASE >= (5, 11):
        return
    errors = refusal("kprobe")
    assert "is too old: it does not have epoll_pwait2(); Linux 5.15 or later is needed" in errors
    raise harness.Lacking(errors.strip())


def trace(name, act, *arguments):
    """The events of this process while it acts, without what each has: time, source, pid."""
    require_ringmill()
    daemon = harness.Daemon(*arguments_of(name, arguments), program=harness.RINGMILL).wait_running()
    act()
    assert daemon.stop() == 0, daemon.stderr
    daemon.books()
    events = []
    for event in daemon.events():
        event.pop("time")
        assert event.pop("source") == name, event
        if event.pop("pid") == os.getpid():
            events.append(event)
    return events


def refusal(name, *arguments):
    code, output, errors = harness.run(*arguments_of(name, arguments), program=harness.RINGMILL)
    assert code == ENVIRONMENT and not output, (code, errors)
    return errors


def lacking(sentence, name, *arguments):
    """This kernel does not have it: that is what ringmill must say."""
    errors = refusal(name, *arguments)
    assert sentence in errors, errors
    raise harness.Lacking(errors.strip().splitlines()[-1])


def make_and_remove(*names):
    for name in names:
        with open(path(name), "w", encoding="utf-8"):
            pass
        os.unlink(path(name))


def expect(error, call, *arguments):
    try:
        call(*arguments)
    except OSError as failure:
        assert failure.errno == error, failure
        return
    assert False, f"{call} must fail"


# ---- kprobes -------------------------------------------------------------------------------------

def test_kprobe():
    names = [f"file-{n}" for n in range(20)]
    common = {"tid": os.getpid(), "uid": 0, "uid_name": "root", "dfd": HERE, "comm": "python3"}
    assert trace("kprobe", lambda: make_and_remove(*names)) == [
        {**common, "path": path(name)} for name in names]


def test_kretprobe():
    def act():
        make_and_remove("file")
        expect(errno.ENOENT, os.unlink, path("none"))
        expect(errno.EISDIR, os.unlink, folder.name)

    events = trace("kretprobe", act, "--constant", f"target={os.getpid()}")
    assert all(event.pop("duration_ns") > 0 for event in events), events
    assert events == [{"dfd": HERE, "ret": -error} for error in (0, errno.ENOENT, errno.EISDIR)], events


def test_kprobe_and_kretprobe_where_the_command_line_says():
    symbol = "do_unlinkat"
    for program in "kprobe", "kretprobe":
        assert trace("unnamed", lambda: make_and_remove("a", "b"), "--program", f"at_{program}",
                     "--symbol", symbol) == [{"by": program}] * 2
    assert 'needs "symbol"' in harness.run(
        *arguments_of("unnamed", ["--program", "at_kprobe"]), program=harness.RINGMILL)[2]


def test_ksyscall_and_kretsyscall():
    def act():
        for number in 0, signal.SIGCONT, 1000:
            try:
                os.kill(os.getpid(), number)
            except OSError as failure:
                assert failure.errno == errno.EINVAL

    common = {"comm": "python3", "target": os.getpid()}
    events = trace("ksyscall", act)  # and the signal that ends the daemon
    assert events[:3] == [{**common, "sig": 0, "ret": 0}, {**common, "sig": signal.SIGCONT, "ret": 0},
                          {**common, "sig": 1000, "ret": -errno.EINVAL}], events
    for program in "ksyscall", "kretsyscall":
        events = trace("unnamed", act, "--program", f"at_{program}", "--symbol", "kill")
        assert events[:3] == [{"by": program}] * 3 and len(events) <= 4, events


# ---- BPF trampolines -----------------------------------------------------------------------------

def test_fentry():
    def act():
        for mode in 0o700, 0o1755:
            os.mkdir(path(f"folder-{mode}"), mode)
            os.rmdir(path(f"folder-{mode}"))

    assert trace("fentry", act) == [
        {"dfd": HERE, "mode": mode, "comm": "python3", "path": path(f"folder-{mode}")}
        for mode in (0o700, 0o1755)]


def test_fexit():
    def act():
        os.mkdir(path("folder"))
        os.rmdir(path("folder"))

    ino = os.stat(folder.name).st_ino
    assert trace("fexit", act) == [{"ino": ino, "ret": 0, "name": "folder"}]


def test_fmod_ret():
    def act():
        make_and_remove("loose")
        with open(path("kept"), "w", encoding="utf-8"):
            pass
        expect(errno.EPERM, os.unlink, path("kept"))

    assert trace("fmod_ret", act, "--constant", f"target={os.getpid()}") == [
        {"verdict": 0, "name": "loose"}, {"verdict": -errno.EPERM, "name": "kept"}]
    os.unlink(path("kept"))  # the program is detached


def test_functions_of_a_module():
    """Of overlayfs, which the root of the virtual machine is."""
    def act():
        for name in "a", "b":
            os.close(os.open(os.path.join(root, name), os.O_CREAT))
            os.unlink(os.path.join(root, name))

    with tempfile.TemporaryDirectory(prefix="ringmill-test.", dir="/root") as root:
        events = trace("module", act)
    for by in "fentry", "kprobe":
        assert [event["name"] for event in events if event["by"] == by] == ["a", "b"], events


# ---- LSM -----------------------------------------------------------------------------------------

def require_lsm():
    require_ringmill()
    with open("/sys/kernel/security/lsm", encoding="utf-8") as modules:
        if "bpf" not in modules.read().strip().split(","):
            lacking("this kernel does not have the security module BPF", "lsm")


def test_lsm():
    require_lsm()
    for name in "public", "secret":
        with open(path(name), "w", encoding="utf-8") as file:
            file.write(name)
    inos = {name: os.stat(path(name)).st_ino for name in ("public", "secret")}

    def act():
        os.close(os.open(path("public"), os.O_RDONLY | os.O_NOCTTY))
        expect(errno.EACCES, os.open, path("secret"), os.O_RDWR)

    events = trace("lsm", act, "--constant", f"target={os.getpid()}")
    events = {event["name"]: event for event in events}
    large_file = 0o100000
    assert [events[name] for name in ("public", "secret")] == [
        {"name": "public", "ino": inos["public"], "comm": "python3", "allowed": True,
         "flags": os.O_RDONLY | os.O_NOCTTY | large_file},
        {"name": "secret", "ino": inos["secret"], "comm": "python3", "allowed": False,
         "flags": os.O_RDWR | large_file}], events
    with open(path("secret"), encoding="utf-8") as file:  # the program is detached
        assert file.read() == "secret"


def test_sleepable_lsm():
    require_lsm()
    program = shutil.copy("/bin/true", path("program"))
    daemon = harness.Daemon(*arguments_of("lsm_sleepable", []),
                            program=harness.RINGMILL).wait_running()
    process = subprocess.Popen(["its name", "one", "two"], executable=program)
    assert process.wait() == 0
    assert daemon.stop() == 0, daemon.stderr
    events = [event for event in daemon.events() if event["pid"] == process.pid]
    for event in events:
        event.pop("time")
    assert events == [{"source": "lsm_sleepable", "pid": process.pid, "ppid": os.getpid(), "argc": 3,
                       "path": program, "argv0": "its name"}], events


def test_lsm_of_a_cgroup():
    require_lsm()

    def act():
        socket.socket(socket.AF_INET6, socket.SOCK_DGRAM, socket.IPPROTO_UDP).close()

    assert trace("lsm_cgroup", act, "--cgroup", "/sys/fs/cgroup") == [
        {"family": socket.AF_INET6, "type": socket.SOCK_DGRAM, "protocol": socket.IPPROTO_UDP}]


harness.main()
