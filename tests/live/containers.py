# SPDX-License-Identifier: Apache-2.0
"""Which cgroup and container an event comes from: cgroups that live for milliseconds, and podman."""
import contextlib
import ctypes
import json
import os
import shutil
import subprocess
import tempfile
import time

import harness

NAMED = os.path.join(os.path.abspath(harness.BIN), "styles", "named.bpf.o")
MARK = 0x726D
TREE = "/sys/fs/cgroup"
ID = "3f4e0c5d6b7a89900112233445566778899aabbccddeeff00112233445566778"
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


CONFIG = """version: 1
sources:
  exec: {{builtin: exec}}
sinks:
  out: {{type: file, path: {folder}/out.jsonl}}
pipelines:
  p:
    from: exec
    handlers:
      - filter: '{filter}'
      - select: {{keep: [{fields}]}}
      - forward: out
"""


class Run:
    """A daemon whose events are the fields of execs that pass the filter."""

    def __init__(self, folder, filter, fields):
        self.path = f"{folder}/out.jsonl"
        self.daemon = harness.Daemon(config=CONFIG.format(folder=folder, filter=filter,
                                                          fields=fields)).wait_running()

    def events(self):
        with open(self.path, encoding="utf-8") as file:
            return [json.loads(line) for line in file if '"_lost"' not in line]

    def stop(self):
        assert self.daemon.stop() == 0, self.daemon.stderr
        self.daemon.books()
        return self.events()


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
                for line in file.read().split("\n")[:-1]:  # the last may not be complete
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


def test_events_of_cgroups_that_live_for_milliseconds():
    """The event itself has the path, or null if it was not known in time; never another one."""
    with tempfile.TemporaryDirectory(prefix="ringmill-test.") as folder, cgroup("event") as base:
        run = Run(folder, 'filename == "/bin/true"', "args, cgroup_id, cgroup_path")
        paths = live_for_a_moment(base, 200)
        events = [event for event in run.stop() if event["cgroup_id"] in paths]
    assert [event["args"][1] for event in events] == [str(number) for number in range(200)]
    for event in events:
        assert event["cgroup_path"] in (paths[event["cgroup_id"]], None), event


def test_in_cgroup():
    """The cgroup of that path and all below it, and none whose name only begins like that."""
    with tempfile.TemporaryDirectory(prefix="ringmill-test.") as folder, cgroup("in") as base:
        for name in ("a", "a/b", "a/b/c", "ab"):
            os.mkdir(f"{base}/{name}")
        run = Run(folder, f'in_cgroup("{within(base)}/a/") && filename == "/bin/true"',
                  "args, cgroup_path")
        wanted = []
        for name in ("a", "a/b", "a/b/c"):
            wanted.append({"args": ["/bin/true", name], "cgroup_path": f"{within(base)}/{name}"})
        for name in ("a", "a/b", "a/b/c", "ab", "a/b", "."):
            run_in(f"{base}/{name}", "/bin/true", name)
        events = run.stop()
    events = [{key: event[key] for key in ("args", "cgroup_path")} for event in events]
    assert events == wanted + wanted[1:2], events


def made_up(base):
    """A cgroup of the kubelet's and containerd's form, and what they write about it; the folders are
    in /run and /var/log of this test's own mount namespace."""
    uid = "7d0c2c5e-91aa-4a57-bb4e-6d3d7e5f0a11"
    path = f"{base}/kubepods.slice/kubepods-pod{uid.replace('-', '_')}.slice/cri-containerd-{ID}.scope"
    bundle = f"/run/containerd/io.containerd.runtime.v2.task/k8s.io/{ID}"
    os.makedirs(path)
    os.makedirs(bundle)
    with open(f"{bundle}/config.json", "w", encoding="ascii") as file:
        json.dump({"annotations": {"io.kubernetes.cri.sandbox-name": "web-1",
                                   "io.kubernetes.cri.sandbox-namespace": "shop",
                                   "io.kubernetes.cri.container-name": "nginx",
                                   "io.kubernetes.cri.image-name": "nginx:1.25"}}, file)
    return path, {"runtime": "containerd", "container_id": ID, "pod_uid": uid, "pod": "web-1",
                  "namespace": "shop", "container": "nginx", "image": "nginx:1.25",
                  "systemd_unit": f"cri-containerd-{ID}.scope", "systemd_user_unit": None,
                  "systemd_slice": f"kubepods-pod{uid.replace('-', '_')}.slice"}


def without_head(event):
    return {key: value for key, value in event.items() if key not in ("time", "source", "args")}


def test_a_pod_has_all_names():
    with tempfile.TemporaryDirectory(prefix="ringmill-test.") as folder, cgroup("pod.slice") as base:
        path, wanted = made_up(base)
        run = Run(folder, f'filename == "/bin/true" && in_cgroup("{within(base)}")',
                  ", ".join(["args", *wanted]))

        def known():
            run_in(path, "/bin/true", "x")
            return any(without_head(event) == wanted for event in run.events())

        harness.wait_for(known, "all names of the pod")
        run.stop()


def mount_version_2():
    """In this test's own mount namespace, as on a machine without version 1."""
    if os.path.exists(f"{TREE}/cgroup.procs"):
        return
    libc.umount2(TREE.encode(), 2)
    if libc.mount(b"cgroup2", TREE.encode(), b"cgroup2", 0, None) < 0:
        raise harness.Lacking("the tree of version 2 cannot be mounted")


def podman(*arguments):
    """The storage driver vfs and the driver cgroupfs need nothing of the machine. Without
    CAP_SYS_RESOURCE no container can have a limit or a filter of devices of its own."""
    done = subprocess.run(["podman", "--storage-driver", "vfs", "--cgroup-manager", "cgroupfs",
                           "--events-backend", "file", *arguments], capture_output=True,
                          timeout=harness.PATIENCE)
    return done.returncode, (done.stdout + done.stderr).decode(errors="replace")


RUN = ("run", "--rm", "--network", "none", "--privileged", "--pids-limit", "-1", "--log-driver",
       "k8s-file", "--security-opt", "seccomp=unconfined", "--ulimit", "nofile=1024:1024",
       "--ulimit", "nproc=1024:1024")


def import_image(folder):
    os.makedirs(f"{folder}/root/bin")
    shutil.copy("/bin/busybox", f"{folder}/root/bin/true")
    os.symlink("true", f"{folder}/root/bin/sleep")
    subprocess.run(["tar", "-C", f"{folder}/root", "-cf", f"{folder}/image.tar", "."], check=True)
    code, output = podman("import", f"{folder}/image.tar", "localhost/ringmill-test:1")
    assert code == 0, output


def test_podman():
    """A container of the real podman: its id, name and image, as podman itself says them."""
    if not shutil.which("podman") or not os.path.exists("/bin/busybox"):
        raise harness.Lacking("podman or busybox-static is not installed")
    mount_version_2()
    os.makedirs("/var/lib/containers", exist_ok=True)
    libc.mount(b"tmpfs", b"/var/lib/containers", b"tmpfs", 0, None)
    name = f"ringmill-test-{os.getpid()}"
    with tempfile.TemporaryDirectory(prefix="ringmill-test.") as folder:
        import_image(folder)
        code, output = podman(*RUN, "localhost/ringmill-test:1", "/bin/true")
        if code != 0:
            raise harness.Lacking(f"podman cannot run a container here: {output.strip()[-200:]}")
        run = Run(folder, 'basename(filename) == "sleep" && has(container_id)',
                  "args, runtime, container_id, container, image")
        code, output = podman(*RUN, "--detach", "--name", name, "localhost/ringmill-test:1",
                              "/bin/sleep", "1000")
        assert code == 0, output
        wanted = {"runtime": "podman", "container_id": output.split()[0], "container": name,
                  "image": "localhost/ringmill-test:1"}
        try:
            def known():
                code, output = podman("exec", name, "/bin/sleep", "0")
                assert code == 0, output
                return any(without_head(event) == wanted for event in run.events())

            harness.wait_for(known, "the container's names")
        finally:
            podman("rm", "--force", "--time", "0", name)
        for event in run.stop():
            assert event["container_id"] == wanted["container_id"], event


harness.main()
