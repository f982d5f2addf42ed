# SPDX-License-Identifier: Apache-2.0
"""Where records come from: a scene prepares something, and then does what the objects trace."""
import contextlib
import ctypes
import dataclasses
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from typing import Callable

import harness

MARK = 0x726D
MARKS = 20
DEEDS = 5
TEXTS = 10
FACTS = {}  # what a scene did that only it knows
libc = ctypes.CDLL(None, use_errno=True)


@dataclasses.dataclass
class Stage:
    act: Callable
    values: dict = dataclasses.field(default_factory=dict)  # what {names} in options stand for
    arguments: tuple = ()  # of the test alone: it keeps other tests' records away


def mark(number, key=None, shard=0):
    """What the objects that include mark.h make a record of."""
    libc.prctl(MARK, ctypes.c_ulong(number), ctypes.c_ulong(key or os.getpid()),
               ctypes.c_ulong(shard), 0)


@contextlib.contextmanager
def marks():
    """The numbers 0 to MARKS - 1."""
    def act():
        for number in range(MARKS):
            mark(number)
    yield Stage(act, {"comm": comm()}, arguments=("--constant", f"mark_key={os.getpid()}"))


def comm(pid="self"):
    """The name of a process."""
    with open(f"/proc/{pid}/comm", encoding="utf-8") as file:
        return file.read().rstrip("\n")


@contextlib.contextmanager
def threads():
    """This process has the threads that it has: its own, and those that read what the objects' runs say."""
    harness.wait_for(lambda: os.listdir("/proc/self/task") == [str(os.getpid())],
                     "the threads of what ran before to be gone")
    yield Stage(lambda: None, arguments=("--constant", f"mark_key={os.getpid()}"))


# ---- what this process does ----------------------------------------------------------------------

def rename_itself():
    pr_set_name, own = 15, open("/proc/self/comm", "rb").read().rstrip(b"\n")
    for number in range(DEEDS):
        libc.prctl(pr_set_name, b"style-%d" % number)
    libc.prctl(pr_set_name, own)


class TestRun(ctypes.Structure):
    """struct bpf_test_run_opts of libbpf, up to what it needs."""
    _fields_ = [("sz", ctypes.c_size_t), ("data_in", ctypes.c_void_p), ("data_out", ctypes.c_void_p),
                ("data_size_in", ctypes.c_uint32), ("data_size_out", ctypes.c_uint32),
                ("ctx_in", ctypes.c_void_p), ("ctx_out", ctypes.c_void_p),
                ("ctx_size_in", ctypes.c_uint32), ("ctx_size_out", ctypes.c_uint32),
                ("retval", ctypes.c_uint32), ("repeat", ctypes.c_int), ("duration", ctypes.c_uint32)]


def run_a_program():
    """BPF_PROG_RUN of the shortest XDP program."""
    libbpf = ctypes.CDLL("libbpf.so.1", use_errno=True)
    program = bytes.fromhex("b700000002000000" "9500000000000000")  # r0 = XDP_PASS; exit
    xdp = 6
    fd = libbpf.bpf_prog_load(xdp, b"shortest", b"GPL", program, ctypes.c_size_t(2), None)
    assert fd >= 0, fd
    packet = ctypes.create_string_buffer(64)
    for _ in range(DEEDS):
        run = TestRun(sz=ctypes.sizeof(TestRun), data_in=ctypes.addressof(packet), data_size_in=64)
        assert libbpf.bpf_prog_test_run_opts(fd, ctypes.byref(run)) == 0
    os.close(fd)


def live_and_die(folder):
    """A process of a program that nobody else runs: it exits with 7."""
    program = shutil.copy("/bin/sh", os.path.join(folder, f"life-{os.getpid()}"))
    process = subprocess.Popen([program, "-c", "exit 7"])
    assert process.wait() == 7
    FACTS["life"] = (process.pid, program)


@contextlib.contextmanager
def deeds():
    """Folders, names, signals, a library call, a process, sleeps and runs of a BPF program."""
    with tempfile.TemporaryDirectory(prefix="ringmill-test.") as folder:
        def act():
            at_fdcwd = -100
            FACTS["folder"] = folder
            for number in range(DEEDS):
                libc.mkdirat(at_fdcwd, os.path.join(folder, f"d{number}").encode(), 0o700 + number)
                os.kill(os.getpid(), signal.SIGWINCH)
                with contextlib.suppress(FileNotFoundError):
                    os.open(os.path.join(folder, f"absent-{number}"), os.O_RDONLY)
                libc.a64l(b"text %d" % number)
                time.sleep(0.001)
            rename_itself()
            run_a_program()
            live_and_die(folder)
        yield Stage(act, {"pid": os.getpid()})


@contextlib.contextmanager
def busy():
    """CPU time is used: half a second of it."""
    def act():
        end = time.process_time() + 0.5
        while time.process_time() < end:
            pass
    yield Stage(act)


@contextlib.contextmanager
def texts():
    """A program of the test's own passes TEXTS texts to functions, and takes as many from them."""
    with tempfile.TemporaryDirectory(prefix="ringmill-test.") as folder:
        program = shutil.copy(os.path.join(harness.BIN, "secrets"), folder)

        def act():
            with subprocess.Popen([program, str(TEXTS)]) as process:
                assert process.wait() == 0
            FACTS["texts"] = process.pid
        yield Stage(act, {"binary": program})


@contextlib.contextmanager
def calls():
    """A program of the test's own calls a function with 0 to MARKS - 1, and then main() ends."""
    with tempfile.TemporaryDirectory(prefix="ringmill-test.") as folder:
        program = shutil.copy(os.path.join(harness.BIN, "call-loop"), folder)
        yield Stage(lambda: subprocess.run([program, str(MARKS)], check=True), {"binary": program})


# ---- the network ---------------------------------------------------------------------------------

def ip(*words):
    return subprocess.run(["ip", *words], check=True, capture_output=True, text=True).stdout


SEND = """
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("10.213.7.2", 4000))
for n in range(10): s.sendto(b"x" * n, ("10.213.7.1", 5000))
"""
HERE, THERE = f"rm{os.getpid() % 100000}a", f"rm{os.getpid() % 100000}b"


@contextlib.contextmanager
def wire():
    """Ten datagrams of 0 to 9 bytes come in by an interface of the test's own, and five go out."""
    space = f"ringmill-{os.getpid()}"
    ip("netns", "add", space)
    try:
        ip("link", "add", HERE, "type", "veth", "peer", "name", THERE, "netns", space)
        ip("address", "add", "10.213.7.1/24", "dev", HERE)
        ip("link", "set", HERE, "up")
        ip("-n", space, "address", "add", "10.213.7.2/24", "dev", THERE)
        ip("-n", space, "link", "set", THERE, "up")
        FACTS["wire"] = (json.loads(ip("-n", space, "-j", "link", "show", THERE))[0]["address"],
                         json.loads(ip("-j", "link", "show", HERE))[0])

        def act():
            subprocess.run(["ip", "netns", "exec", space, "/usr/bin/python3", "-c", SEND], check=True)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
                out.bind(("10.213.7.1", 6000))
                for number in range(5):
                    out.sendto(b"y" * number, ("10.213.7.2", 7000))
        yield Stage(act, {"interface": HERE})
        assert "xdp" not in ip("link", "show", HERE)
        ip("link", "delete", HERE)  # the namespace would take a moment longer for it
    finally:
        ip("netns", "delete", space)


wire.at_once = 1  # an interface has one XDP program


def connect_here():
    """One connection over each family's loopback: the port that was connected to."""
    with socket.socket() as server, socket.socket() as client:
        server.bind(("127.0.0.1", 0))
        server.listen()
        client.connect(server.getsockname())
        server.accept()[0].close()
        FACTS["port"] = server.getsockname()[1]
        FACTS["client_port"] = client.getsockname()[1]
        assert client.recv(1) == b""


PAYLOADS = range(100, 105)  # bytes of the datagrams


@contextlib.contextmanager
def loopback():
    """Datagrams to this process itself, in its own network."""
    def act():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender, \
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
            receiver.bind(("127.0.0.1", 0))
            for size in PAYLOADS:
                sender.sendto(bytes(size), receiver.getsockname())
    yield Stage(act)


@contextlib.contextmanager
def connection():
    """A TCP connection over the loopback."""
    yield Stage(connect_here)


CONNECT = """
import os, socket, sys
open(sys.argv[1] + "/cgroup.procs", "w").write(str(os.getpid()))
server = socket.socket()
server.bind(("127.0.0.1", 0))
server.listen()
port = server.getsockname()[1]
client = socket.create_connection(("127.0.0.1", port))
datagrams = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
datagrams.connect(("::1", 9))
one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
one.bind(("127.0.0.1", 0))
one.sendto(bytes(100), ("127.0.0.1", 9))
print(os.getpid(), port, client.getsockname()[1], one.getsockname()[1])
"""


@contextlib.contextmanager
def group():
    """A process of a cgroup of its own makes sockets, binds, connects and sends."""
    with open("/proc/self/mounts", encoding="utf-8") as mounts:
        root = re.search(r"^\S+ (\S+) cgroup2 ", mounts.read(), re.M)[1]
    folder = os.path.join(root, f"ringmill-styles-{os.getpid()}")
    os.mkdir(folder)
    try:
        def act():
            done = subprocess.run(["/usr/bin/python3", "-c", CONNECT, folder], check=True,
                                  capture_output=True, text=True)
            FACTS["group"] = tuple(int(word) for word in done.stdout.split())
        yield Stage(act, {"cgroup": folder})
    finally:
        harness.wait_for(lambda: not open(f"{folder}/cgroup.procs", encoding="utf-8").read(),
                         "the process to leave the cgroup")
        os.rmdir(folder)
