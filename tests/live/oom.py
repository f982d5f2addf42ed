# SPDX-License-Identifier: Apache-2.0
"""Processes killed because memory ran out, in a memory cgroup of the test's own. The kernel's own message
about it is what the events are compared with."""
import contextlib
import os
import re
import subprocess
import sys

import harness
from bpftrace import Bpftrace

LIMIT = 32 << 20
RELEASE = tuple(int(number) for number in re.findall(r"\d+", os.uname().release)[:2])

# Enters the cgroup, says which score it has, and takes more memory than there is.
HOG = """
import sys
for name, text in (("/proc/self/oom_score_adj", "123"), (sys.argv[1] + "/cgroup.procs", "0")):
    with open(name, "w") as file:
        file.write(text)
data = bytearray()
while True:
    data += bytes(1 << 20)
"""


def write(folder, name, text):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        file.write(text)


@contextlib.contextmanager
def memory_cgroup():
    """Of either version of cgroups, with that limit and without swap."""
    name = f"ringmill-test-{os.getpid()}"
    for base, limit in (("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max")):
        folder = os.path.join(base, name)
        with contextlib.suppress(OSError):
            if limit == "memory.max":
                write(base, "cgroup.subtree_control", "+memory")
            os.mkdir(folder)
            try:
                write(folder, limit, str(LIMIT))
                with contextlib.suppress(OSError):
                    write(folder, "memory.swap.max", "0")
                yield folder
                return
            finally:
                harness.wait_for(lambda: remove(folder), "the cgroup to be empty")
    raise harness.Lacking("no memory cgroup can be made here")


def remove(folder):
    with contextlib.suppress(OSError):
        os.rmdir(folder)
    return not os.path.exists(folder)


def run_out_of_memory(folder):
    """The pid of what the kernel killed."""
    process = subprocess.Popen([sys.executable, "-S", "-c", HOG, folder])
    assert process.wait() == -9, process.returncode
    return process.pid


def kernel_message(pid):
    """What the kernel's log has of the kill, in bytes: total_vm, anon, file and shmem pages, page tables."""
    fd = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
    found = None
    with contextlib.suppress(BlockingIOError):
        while True:
            with contextlib.suppress(BrokenPipeError):  # overwritten meanwhile
                text = os.read(fd, 8192).decode("utf-8", "replace")
                if f"Killed process {pid} (" in text:
                    found = text
    os.close(fd)
    assert found, "the kernel's log does not have it"
    sizes = [int(size) * 1024 for size in re.findall(r"(?:vm|rss|pgtables):(\d+)kB", found)]
    return found, sizes


def test_a_cgroup_without_memory():
    with memory_cgroup() as folder:
        daemon = harness.Daemon("run", "oom", program=harness.RINGMILL).wait_running()
        pid = run_out_of_memory(folder)
        assert daemon.stop() == 0, daemon.stderr
    daemon.books()
    event, = (event for event in daemon.events() if event["victim_tid"] == pid)
    assert (event["victim_pid"], event["victim_uid"], event["oom_score_adj"]) == (pid, os.getuid(), 123)
    # the victim itself asked for the memory
    assert (event["pid"], event["ppid"], event["start"]) == (pid, os.getpid(), event["victim_start"])
    assert event["victim_comm"] == event["comm"] and event["comm"].startswith("python3")
    assert event["constraint"] == "OOM_MEMCG", event
    text, sizes = kernel_message(pid)
    assert "UID:%d" % event["victim_uid"] in text and "oom_score_adj:123" in text
    ours = [event[name] for name in ("total_vm", "anon_rss", "file_rss", "shmem_rss", "page_tables")]
    assert ours == sizes, (event, text)
    assert LIMIT // 4 < event["anon_rss"] < 2 * LIMIT, event


def test_the_same_as_bpftrace():
    if RELEASE < (6, 10):
        raise harness.Lacking("the tracepoint of this kernel gives a number only")
    script = ("tracepoint:oom:mark_victim { printf(\"%d %s %lu %lu %lu %lu %d %lu %d\\n\", args->pid, "
              "str(args->comm), args->total_vm, args->anon_rss, args->file_rss, args->shmem_rss, "
              "args->uid, args->pgtables, args->oom_score_adj); }")
    with memory_cgroup() as folder:
        tracer = Bpftrace(script, lambda: run_out_of_memory(folder))
        daemon = harness.Daemon("run", "oom", program=harness.RINGMILL).wait_running()
        pids = [run_out_of_memory(folder) for _ in range(3)]
        assert daemon.stop() == 0, daemon.stderr
    ours = [[event["victim_tid"], event["victim_comm"], event["total_vm"] // 1024,
             event["anon_rss"] // 1024, event["file_rss"] // 1024, event["shmem_rss"] // 1024,
             event["victim_uid"], event["page_tables"] // 1024, event["oom_score_adj"]]
            for event in daemon.events() if event["victim_tid"] in pids]
    theirs = [[int(words[0]), words[1], *map(int, words[2:])] for words in tracer.stop()
              if int(words[0]) in pids]
    assert ours == theirs and len(ours) == 3, (ours, theirs)


harness.main()
