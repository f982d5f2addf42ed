# SPDX-License-Identifier: Apache-2.0
"""Which cgroup an event comes from: cgroups that live for milliseconds."""
import contextlib
import ctypes
import json
import os
import tempfile
import time

import harness

NAMED = os.path.join(os.path.abspath(harness.BIN), "styles", "named.bpf.o")
MARK = 0x726D
TREE = "/sys/fs/cgroup"
libc = ctypes.CDLL(None, use_errno=True)


def tree():
    """Where this machine has version 2."""
    for place in (TREE, f"{TREE}/unified"):
        if os.path.exists(f"{place}/cgroup.procs"):
            return place
    raise harness.Lacking("there is no cgroup tree of version 2")


@contextlib.contextmanager
def cgroup(name):
    """A cgroup of this test, and what is left below it is removed with it."""
    path = f"{tree()}/ringmill-test-{os.getpid()}-{name}"
    os.makedirs(path)
    try:
        yield path
    finally:
        for folder, _, _ in os.walk(path, topdown=False):
            os.rmdir(folder)


def run_in(path, *command):
    pid = os.fork()
    if pid == 0:
        with open(f"{path}/cgroup.procs", "w", encoding="ascii") as file:
            file.write("0")
        os.execv(command[0], command)
    assert os.waitpid(pid, 0)[1] == 0


def within(path):
    return path[len(tree()):]


def live_for_a_moment(base, count):
    """{id: path} of so many cgroups in trees of one to four levels: each has a process, and is gone
    5 ms later."""
    paths = {}
    for i in range(count):
        levels = [f"tree-{i}.slice"] + [f"level {level}" for level in range(i % 4)]
        made = [os.path.join(base, *levels[:n + 1]) for n in range(len(levels))]
        for path in made:
            os.mkdir(path)
        run_in(made[-1], "/bin/true", str(i))
        paths[os.stat(made[-1]).st_ino] = within(made[-1])
        time.sleep(0.005)
        for path in reversed(made):
            os.rmdir(path)
    return paths


def test_cgroups_that_live_for_milliseconds():
    """Two hundred, when their ids come up after they are gone."""
    with tempfile.TemporaryDirectory(prefix="ringmill-test.") as folder, \
            open(f"{folder}/out", "wb") as output, cgroup("short") as base:
        daemon = harness.Daemon("run", "--object", NAMED, "--as", "number=cgroup_id", "--constant",
                                f"mark_key={os.getpid()}", stdout=output,
                                program=harness.RINGMILL).wait_running()
        paths = live_for_a_moment(base, 200)
        assert len(paths) == 200

        def known():
            found = {}
            with open(f"{folder}/out", encoding="utf-8") as file:
                for line in file.read().splitlines():
                    event = json.loads(line)
                    if event.get("number_path"):
                        assert found.setdefault(event["number"], event["number_path"]) == \
                            paths[event["number"]], event
            return found

        def all_known():
            for number in paths:
                libc.prctl(MARK, ctypes.c_ulong(number), ctypes.c_ulong(os.getpid()), 0, 0)
            return len(known()) == 200

        harness.wait_for(all_known, "the paths of all cgroups")
        assert daemon.stop() == 0, daemon.stderr
        assert known() == paths


harness.main()
