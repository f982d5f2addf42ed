# SPDX-License-Identifier: Apache-2.0
"""Programs at functions of the kernel (tests/bpf/kernel), one style each: what comes out is compared
field by field with what the test did. They need a kernel that may change its own code, so they are
not among the tests of this machine: `./dev vm` runs them in a virtual machine."""
import collections
import ctypes
import errno
import json
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
    sentence = "is too old: it does not have epoll_pwait2(); Linux 5.15 or later is needed"
    assert sentence in errors, errors
    raise harness.Lacking(f"this kernel {sentence}")


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
    raise harness.Lacking(sentence)


def address_of(function):
    with open("/proc/kallsyms", encoding="utf-8") as symbols:
        for line in symbols:
            words = line.split()
            if words[2] == function:
                return int(words[0], 16)
    return None


def kernel_functions():
    """The names of all functions of the kernel, as often as they are there."""
    with open("/proc/kallsyms", encoding="utf-8") as symbols:
        lines = [line.split() for line in symbols]
    return collections.Counter(words[2] for words in lines if words[1] in "tTwW" and len(words) == 3)


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


def make_nodes():
    os.mkdir(path("folder"))
    os.mknod(path("pipe"), 0o010600)
    expect(errno.EEXIST, os.mkdir, path("folder"))
    os.rmdir(path("folder"))
    os.unlink(path("pipe"))


def require_multi():
    require_ringmill()
    if not address_of("register_fprobe"):
        lacking("this kernel does not have kprobe.multi (Linux 5.18 and CONFIG_FPROBE=y)",
                "kprobe_multi")


def test_kprobe_multi():
    require_multi()
    calls = [address_of(name) for name in ("do_mkdirat", "do_mknodat", "do_mkdirat")]
    results = [0, 0, -errno.EEXIST]
    wanted = []
    for ip, ret in zip(calls, results):
        wanted += [{"ip": ip, "ret": 0, "returned": False}, {"ip": ip, "ret": ret, "returned": True}]
    events = trace("kprobe_multi", make_nodes)
    assert events == wanted, (events, wanted)


def test_kprobe_multi_where_the_command_line_says():
    require_multi()
    for symbol, function in (("do_mkdir?t", "do_mkdirat"), ("do_mknodat", "do_mknodat")):
        ip = address_of(function)
        events = trace("kprobe_multi", make_nodes, "--program", "on_any", "--symbol", symbol)
        assert events == [{"ip": ip, "ret": 0, "returned": False}] * len(events), events
        assert len(events) == (2 if function == "do_mkdirat" else 1)
    assert ('program "on_any" (kprobe.multi): no function of this kernel that can be traced fits '
            '"no_such_*"') in refusal("kprobe_multi", "--program", "on_any", "--symbol", "no_such_*")


def test_kprobe_multi_in_a_module():
    """Of overlayfs, which the root of the virtual machine is."""
    require_multi()
    with tempfile.TemporaryDirectory(prefix="ringmill-test.", dir="/root") as root:
        def act():
            os.symlink("nowhere", os.path.join(root, "link"))
            os.unlink(os.path.join(root, "link"))

        places = [address_of("ovl_symlink"), address_of("ovl_unlink")]
        events = trace("kprobe_multi", act, "--program", "on_any", "--symbol", "ovl_*link")
    called = [event["ip"] for event in events]
    assert [ip for ip in called if ip in places] == places, (called, places)


def test_kprobe_session():
    require_ringmill()
    if not address_of("bpf_session_is_return"):
        assert 'program "on_both" (kprobe.session/do_mk*at): this kernel does not have ' in refusal(
            "kprobe_multi", "--program", "on_both")
        lacking("this kernel does not have the function bpf_session_cookie(), which a program of the "
                "object calls (a kfunc)", "kprobe_session")
    events = trace("kprobe_session", make_nodes)
    assert all(event.pop("duration_ns") > 0 for event in events), events
    assert events == [{"ip": address_of(name), "ret": ret} for name, ret in (
        ("do_mkdirat", 0), ("do_mknodat", 0), ("do_mkdirat", -errno.EEXIST))], events


def test_functions_that_the_kernel_does_not_have():
    require_ringmill()
    functions = kernel_functions()
    copy = next(name for name in functions if re.fullmatch(r"\w+\.isra\.0", name) and
                name.split(".")[0] not in functions)
    original = copy.split(".")[0]
    only_a_copy = (f'this kernel has no function "{original}", only the copy "{copy}" that the '
                   "compiler has made of it; a kprobe can be attached to that one, but its "
                   "arguments may be others\n")
    missing = ('this kernel has no function "do_nothing_of_the_kind": it has another name there, or '
               "the compiler has inlined it\n")
    for program in "kprobe", "kretprobe":
        here = ("unnamed", "--program", f"at_{program}", "--symbol")
        said = f'program "at_{program}" ({program}): '
        assert said + missing in refusal(*here, "do_nothing_of_the_kind")
        assert said + only_a_copy in refusal(*here, original)
    for name, sentence in (("do_nothing_of_the_kind", missing), (original, only_a_copy)):
        section = f"fexit/{name}"
        assert f'program "at_fexit" ({section}): {sentence}' in refusal(
            "unnamed", "--program", "at_fexit", "--attach", f"at_fexit={section}")
    assert ('program "at_lsm" (lsm/nonsuch): this kernel has no LSM hook "nonsuch"\n' in refusal(
        "unnamed", "--program", "at_lsm", "--attach", "at_lsm=lsm/nonsuch"))
    for program in "ksyscall", "kretsyscall":
        assert (f'program "at_{program}" ({program}): this kernel has no system call "nonsuch"\n'
                in refusal("unnamed", "--program", f"at_{program}", "--symbol", "nonsuch"))


def test_functions_in_which_no_kprobe_may_be():
    require_ringmill()
    with open("/sys/kernel/debug/kprobes/blacklist", encoding="utf-8") as blacklist:
        name = next(line.split()[1] for line in blacklist if line.split()[1].startswith("do_"))
    here = ("unnamed", "--program", "at_kprobe", "--symbol")
    assert ('program "at_kprobe" (kprobe): this kernel allows no kprobe at that place of the '
            "function\n") in refusal(*here, name)
    errors = refusal(*here[:3], "--attach", "at_kprobe=kprobe/do_unlinkat+1")
    assert ('program "at_kprobe" (kprobe/do_unlinkat+1): no instruction of the function '
            '"do_unlinkat" begins at byte 1\n') in errors, errors


def test_calls_that_are_not_seen():
    """Of functions with copies, and of one of two functions with the same name."""
    require_ringmill()
    functions = kernel_functions()
    copied = next(name.split(".")[0] for name in functions
                  if re.fullmatch(r"\w+\.(constprop|part)\.0", name) and
                  functions[name.split(".")[0]] == 1 and name.startswith("tcp"))
    here = ("--program", "at_kprobe", "--symbol")
    daemon = harness.Daemon(*arguments_of("unnamed", [*here, copied]),
                            program=harness.RINGMILL).wait_running()
    assert daemon.stop() == 0, daemon.stderr
    assert re.search(rf"source unnamed: program at_kprobe does not see all calls of {copied}: the "
                     rf"compiler has made the copy {copied}[.\w]+ for some callers",
                     daemon.stderr), daemon.stderr
    double = next(name for name, count in functions.items() if count > 1 and re.match("bpf_", name))
    process = harness.Daemon(*arguments_of("unnamed", [*here, double]), program=harness.RINGMILL)
    harness.wait_for(lambda: process.process.poll() is not None or "running" in process.stderr,
                     "the kernel's answer")  # which older kernels give, too, when they are updated
    if process.process.poll() is None:
        assert process.stop() == 0, process.stderr
        assert (f"program at_kprobe is attached to one of {functions[double]} functions that are "
                f"named {double}" in process.stderr), process.stderr
    else:
        process.wait()
        assert (f'this kernel has several functions named "{double}", and a kprobe needs one that is '
                "the only one of its name") in process.stderr, process.stderr


# ---- BPF trampolines -----------------------------------------------------------------------------

def test_fentry():
    def act():
        for mode in 0o700, 0o1755:
            os.mkdir(path(f"folder-{mode}"), mode)
            os.rmdir(path(f"folder-{mode}"))

    assert trace("fentry", act) == [
        {"dfd": HERE, "mode": mode, "comm": "python3", "path": path(f"folder-{mode}")}
        for mode in (0o700, 0o1755)]


def test_trampolines_where_the_command_line_says():
    for program in "fentry", "fexit":
        assert trace("unnamed", lambda: make_and_remove("a", "b"), "--program", f"at_{program}",
                     "--attach", f"at_{program}={program}/do_unlinkat") == [{"by": program}] * 2


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


# ---- functions of BPF programs -------------------------------------------------------------------

def test_freplace_and_fexit_of_a_program():
    require_ringmill()
    pin = "/sys/fs/bpf/dispatcher"

    def bpftool(*words):
        return subprocess.run(["/usr/sbin/bpftool", "-j", *words], check=True,
                              capture_output=True).stdout

    def run(length, *arguments):
        """What the dispatcher returns for a packet, and the events of it."""
        packet = harness.write_file(folder.name, "packet", "x" * length)
        daemon = harness.Daemon(*arguments_of("freplace", arguments),
                                program=harness.RINGMILL).wait_running()
        code = json.loads(bpftool("prog", "run", "pinned", pin, "data_in", packet))["retval"]
        assert daemon.stop() == 0, daemon.stderr
        return code, [(event["length"], event["action"]) for event in daemon.events()]

    assert '(freplace/handle) needs "target"; as in --target /sys/fs/bpf/dispatcher\n' in harness.run(
        *arguments_of("freplace", []), program=harness.RINGMILL)[2]
    xdp_drop, xdp_pass = 1, 2
    bpftool("prog", "load", kernel_object("dispatcher"), pin)
    number = json.loads(bpftool("prog", "show", "pinned", pin))["id"]
    assert run(64, "--target", pin) == (xdp_drop, [(64, xdp_drop)])
    assert run(65, "--target", f"id:{number}") == (xdp_drop, [(65, xdp_drop)])
    assert run(66, "--program", "on_dispatched", "--target", pin) == (xdp_pass, [(66, xdp_pass)])
    assert ('program "handle" (freplace/nonsuch): the BPF program /sys/fs/bpf/dispatcher has no '
            'function "nonsuch", or no BTF that describes it') in refusal(
                "freplace", "--attach", "handle=freplace/nonsuch", "--target", pin)
    assert "target id:4000000000: the BPF program cannot be opened: No such file or directory" in (
        refusal("freplace", "--target", "id:4000000000"))
    assert "target /sys/fs/bpf/nonsuch: no BPF program can be opened there: No such file or " in (
        refusal("freplace", "--target", "/sys/fs/bpf/nonsuch"))


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


def flood(cpu, number):
    """So many records of perf_flood, on that CPU."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {cpu})
    ctypes.CDLL(None).prctl(0x726D, ctypes.c_ulong(number), ctypes.c_ulong(os.getpid()), 0, 0)
    os.sched_setaffinity(0, allowed)


def switch(cpu, on):
    with open(f"/sys/devices/system/cpu/cpu{cpu}/online", "w", encoding="utf-8") as file:
        file.write("1" if on else "0")


def start_flood(output):
    return harness.Daemon(
        "run", "--object", os.path.join(os.path.abspath(harness.BIN), "styles", "perf_flood.bpf.o"),
        "--constant", f"mark_key={os.getpid()}", program=harness.RINGMILL,
        stdout=output).wait_running()


def test_a_cpu_that_comes_back():
    """Its perf ring is written to again, and what is lost is counted again."""
    require_ringmill()
    with open(path("floods"), "wb") as output:
        daemon = start_flood(output)

        def numbers():
            with open(path("floods"), "rb") as file:
                events = [json.loads(line) for line in file if line.endswith(b"\n")]
            return [event["sequence"] for event in events if event.get("cpu") == 1]
        flood(1, 100)
        harness.wait_for(lambda: len(numbers()) == 100, "the records of the CPU")
        switch(1, False)
        switch(1, True)

        made = [100]

        def is_back():
            flood(1, 1)
            made[0] += 1
            return len(numbers()) > 100
        harness.wait_for(is_back, "the records of the CPU that came back")
        back = numbers()[100]
        daemon.pause()
        for _ in range(10):
            flood(1, 4096)
        made[0] += 40960
        daemon.go_on()
        assert daemon.stop() == 0, daemon.stderr
        assert numbers() == sorted(set(numbers())), daemon.stderr
        seen = sum(number >= back for number in numbers())
        lost = daemon.books()["source perf_flood"]["lost"]
        assert lost > 0 and seen + lost == made[0] - back, (seen, lost, made, back, daemon.stderr)


def test_a_cpu_that_was_offline_at_the_start():
    require_ringmill()
    switch(1, False)
    with open(path("floods"), "wb") as output:
        daemon = start_flood(output)
        switch(1, True)
        harness.wait_for(lambda: "CPU 1 came online after the start and has no perf ring" in
                         daemon.stderr, "the warning")
        flood(1, 10)
        flood(0, 10)
        assert daemon.stop() == 0, daemon.stderr
        assert daemon.books()["source perf_flood"]["produced"] == 10, daemon.stderr


harness.main()
