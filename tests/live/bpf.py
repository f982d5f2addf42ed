# SPDX-License-Identifier: Apache-2.0
"""BPF programs loaded and maps created: what was asked for, and what the kernel made of it."""
import ctypes
import errno
import json
import os
import struct
import subprocess

import harness
from bpftrace import Bpftrace

SOCKET_FILTER, ARRAY, LRU_HASH = 1, 2, 9
libbpf = ctypes.CDLL("libbpf.so.1")
RETURN_0 = struct.pack("<BBhi", 0xb7, 0, 0, 0) + struct.pack("<BBhi", 0x95, 0, 0, 0)
RETURN_NOTHING = struct.pack("<BBhi", 0x95, 0, 0, 0)  # the verifier refuses it


def load(name, code):
    """The descriptor, or -errno."""
    return libbpf.bpf_prog_load(SOCKET_FILTER, name, b"GPL", code, len(code) // 8, None)


def create(kind, name, key, value, entries):
    return libbpf.bpf_map_create(kind, name, key, value, entries, None)


def described(kind, name):
    """What bpftool says of the newest program or map of that name."""
    shown = subprocess.run(["bpftool", "-j", kind, "show", "name", name], stdout=subprocess.PIPE, check=True,
                           env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin"})
    rows = json.loads(shown.stdout)
    return max(rows if isinstance(rows, list) else [rows], key=lambda row: row["id"])


def of_this_process(daemon, name):
    return [event for event in daemon.events()
            if event["pid"] == os.getpid() and event["name"] == name]


def test_a_program():
    daemon = harness.Daemon("run", "bpf", program=harness.RINGMILL).wait_running()
    fd = load(b"rm_test_loaded", RETURN_0)
    refused = load(b"rm_test_bad", RETURN_NOTHING)
    truth = described("prog", "rm_test_loaded")
    os.close(fd)
    assert daemon.stop() == 0, daemon.stderr
    daemon.books()
    event, = of_this_process(daemon, "rm_test_loaded")
    assert (event["command"], event["error"], event["fd"]) == ("BPF_PROG_LOAD", 0, fd)
    assert (event["id"], event["tag"]) == (truth["id"], truth["tag"]), (event, truth)
    assert event["prog_type"] == "BPF_PROG_TYPE_SOCKET_FILTER" and event["attach_type"] is None
    assert (event["instructions"], event["translated_instructions"] * 8) == (2, truth["bytes_xlated"])
    assert event["jited_bytes"] == truth.get("bytes_jited", 0)
    assert (event["license"], event["uid"]) == ("GPL", os.getuid())
    for name in ("map_type", "key_size", "value_size", "max_entries", "map_flags"):
        assert event[name] is None, event
    # libbpf loads it again, to see why it was refused
    for event in of_this_process(daemon, "rm_test_bad"):
        assert event["error"] == -refused == errno.EACCES or event["error"] == errno.EINVAL, event
        assert event["instructions"] == 1 and event["license"] == "GPL"
        for name in ("fd", "id", "tag", "translated_instructions", "jited_bytes"):
            assert event[name] is None, event


def test_maps():
    daemon = harness.Daemon("run", "bpf", program=harness.RINGMILL).wait_running()
    fds = [create(ARRAY, b"rm_test_array", 4, 24, 7), create(LRU_HASH, b"rm_test_lru", 10, 3, 100)]
    refused = create(ARRAY, b"rm_test_wrong", 8, 8, 1)
    truths = [described("map", name) for name in ("rm_test_array", "rm_test_lru")]
    for fd in fds:
        os.close(fd)
    assert daemon.stop() == 0, daemon.stderr
    for truth, kind in zip(truths, ("ARRAY", "LRU_HASH")):
        event, = of_this_process(daemon, truth["name"])
        assert (event["command"], event["map_type"]) == ("BPF_MAP_CREATE", "BPF_MAP_TYPE_" + kind)
        assert (event["id"], event["error"], event["map_flags"]) == (truth["id"], 0, truth["flags"])
        assert [event[name] for name in ("key_size", "value_size", "max_entries")] == [
            truth["bytes_key"], truth["bytes_value"], truth["max_entries"]]
        assert event["prog_type"] is event["license"] is event["tag"] is None, event
    event, = of_this_process(daemon, "rm_test_wrong")
    assert (event["error"], event["id"], event["key_size"]) == (-refused, None, 8), event


def test_what_a_program_attaches_to():
    daemon = harness.Daemon("run", "bpf", program=harness.RINGMILL).wait_running()
    other = harness.Daemon("run", "exec", program=harness.RINGMILL).wait_running()
    assert other.stop() == daemon.stop() == 0, daemon.stderr
    event = next(event for event in daemon.events()
                 if event["pid"] == other.process.pid and event["name"] == "ringmill_exec")
    assert (event["prog_type"], event["attach_type"], event["function"]) == (
        "BPF_PROG_TYPE_TRACING", "BPF_TRACE_RAW_TP", "sched_process_exec"), event


def test_the_same_as_bpftrace():
    script = ("tracepoint:syscalls:sys_enter_bpf { @command[tid] = args->cmd; } "
              "tracepoint:syscalls:sys_exit_bpf /@command[tid] == 0 || @command[tid] == 5/ "
              "{ printf(\"%d %s %d %d\\n\", pid, comm, @command[tid], args->ret); }")
    tracer = Bpftrace(script, lambda: os.close(create(ARRAY, b"rm_test_begin", 4, 4, 1)))
    daemon = harness.Daemon("run", "bpf", program=harness.RINGMILL).wait_running()
    for _ in range(10):
        os.close(load(b"rm_test_a", RETURN_0))
        os.close(create(ARRAY, b"rm_test_b", 4, 4, 1))
        create(ARRAY, b"rm_test_c", 3, 3, 1)
    assert daemon.stop() == 0, daemon.stderr
    ours = [(event["comm"], {"BPF_PROG_LOAD": 5}.get(event["command"], 0),
             -event["error"] if event["error"] else event["fd"])
            for event in daemon.events() if event["pid"] == os.getpid()]
    theirs = [(words[1], int(words[2]), int(words[3])) for words in tracer.stop()
              if words[0] == str(os.getpid())]
    assert ours == theirs[-len(ours):] and len(ours) >= 30, (ours, theirs)


def test_books_balance_in_a_flood():
    config = ("version: 1\nsources: {bpf: {builtin: bpf, ring_size: 4KiB}}\n"
              "sinks: {out: {type: 'null'}}\npipelines: {all: {from: bpf, handlers: [{forward: out}]}}\n")
    daemon = harness.Daemon(config=config).wait_running()
    daemon.pause()
    for _ in range(500):
        create(ARRAY, b"rm_test_wrong", 8, 8, 1)
    daemon.go_on()
    assert daemon.stop() == 0, daemon.stderr
    books = daemon.books()["source bpf"]
    assert books["lost"] > 0 and harness.counted(books) >= 500, books


harness.main()
