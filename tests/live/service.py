# SPDX-License-Identifier: Apache-2.0
"""The units, by themselves and under a real, private systemd (tests/systemd-box): start, reload, a
handler that never comes back, and sockets that systemd opens."""
import json
import os
import subprocess
import tempfile
import urllib.request

import box
import harness
from controlled import UnixConnection

CONFIG = """
version: 1
sources: {open: {builtin: open}}
sinks: {log: {type: file, path: %s/log}}
pipelines: {all: {from: open, handlers: [{filter: 'path == "%s/target"'}, %s{forward: log}]}}
%s
"""
SOCKET = "/run/ringmill/control.sock"


def configure(folder, more="", handler=""):
    if not os.path.exists(f"{folder}/target"):  # writing it would be one open more
        harness.write_file(folder, "target", "")
    harness.write_file(folder, "ringmill.yaml", CONFIG % (folder, folder, handler, more))


def open_target(folder):
    subprocess.run([os.path.join(harness.BIN, "open-loop"), f"{folder}/target", "100"], check=True,
                   stdout=subprocess.DEVNULL)


def ask(path):
    connection = UnixConnection(SOCKET)
    connection.request("GET", path)
    return json.loads(connection.getresponse().read())


def lines(folder):
    with open(f"{folder}/log", encoding="utf-8") as file:
        return sum('"_lost"' not in line for line in file)


def inside_sockets_outlive_the_process(folder):
    """Who connects while no process is there is answered by the next one."""
    configure(folder, f'control: {{socket: {SOCKET}, listen: "127.0.0.1:9477"}}')
    box.systemctl("start", "ringmilld")
    first = os.stat(SOCKET).st_ino

    def ask_both():
        with urllib.request.urlopen("http://127.0.0.1:9477/healthz", timeout=harness.PATIENCE) as answer:
            assert json.load(answer)
        return ask("/v1/status")["pid"]

    pid = ask_both()
    for end in (lambda: os.kill(pid, 9), lambda: box.systemctl("restart", "--no-block", "ringmilld")):
        end()
        harness.wait_for(lambda: not os.path.exists(f"/proc/{pid}"), "the process to end")
        assert os.stat(SOCKET).st_ino == first
        next_pid = ask_both()  # at once: it may not have started yet
        assert next_pid != pid
        pid = next_pid
        box.said("running")
    configure(folder, f"control: {{socket: {folder}/other}}")
    box.systemctl("restart", "ringmilld")
    assert box.show("NFileDescriptorStore") == "1"
    box.systemctl("stop", "ringmilld")
    assert not os.path.exists(f"{folder}/other")


def test_sockets_outlive_the_process():
    box.run(__file__, "sockets_outlive_the_process")


def test_units_are_right():
    with tempfile.TemporaryDirectory() as folder:
        for name in ("ringmilld", "ringmill"):
            os.symlink(os.path.join(harness.BIN, name), os.path.join(folder, name))
        names = ("ringmilld.service", "ringmilld-control.socket", "ringmilld-metrics.socket")
        for name in names:
            harness.write_file(folder, name, box.installed(name, folder))
        drop_ins = os.path.join(folder, "ringmilld.service.d")
        os.mkdir(drop_ins)
        for name in ("limits.conf", "credentials.conf"):
            os.symlink(os.path.join(harness.ROOT, "systemd/examples", name),
                       os.path.join(drop_ins, name))
        for name in names:
            done = subprocess.run(["systemd-analyze", "verify", "--man=no",
                                   os.path.join(folder, name)], capture_output=True, text=True)
            assert (done.returncode, done.stdout + done.stderr) == (0, ""), done
    folder = os.path.join(harness.ROOT, "systemd")
    subprocess.run(["systemd-sysusers", "--dry-run", f"{folder}/ringmill.sysusers"], check=True,
                   capture_output=True)
    with tempfile.TemporaryDirectory() as root:
        os.mkdir(os.path.join(root, "etc"))
        harness.write_file(root, "etc/passwd", "root:x:0:0::/:/bin/sh\n")
        harness.write_file(root, "etc/group", "root:x:0:\nringmill:x:900:\n")
        subprocess.run(["systemd-tmpfiles", "--create", f"--root={root}",
                        f"{folder}/ringmill.tmpfiles"], check=True)
        made = os.stat(f"{root}/var/log/ringmill")
        assert made.st_gid == 900
        with open(f"{folder}/ringmilld.service", encoding="utf-8") as unit:
            assert f"LogsDirectoryMode=0{made.st_mode & 0o777:o}\n" in unit.read()


def inside_reload(folder):
    configure(folder)
    box.systemctl("start", "ringmilld")
    pid = box.show("MainPID")
    open_target(folder)
    configure(folder, "health: {stuck_after: 11s}", "{limit: {rate: 1000000/s}}, ")
    box.systemctl("reload", "ringmilld")
    assert ask("/v1/status")["config_generation"] == 2
    open_target(folder)
    harness.write_file(folder, "ringmill.yaml", "version: 1\nsinks: 7\n")
    done = subprocess.run(["systemctl", "reload", "ringmilld"], capture_output=True, text=True)
    assert done.returncode != 0, done
    box.said(f"{folder}/ringmill.yaml:2:8: sinks: expected a map of sinks by name")
    assert box.show("ActiveState") == "active" and box.show("MainPID") == pid
    status = ask("/v1/status")
    assert status["config_generation"] == 2 and status["reload"]["outcome"] == "config"
    open_target(folder)
    harness.wait_for(lambda: "records/s" in box.show("StatusText"), "the status text")
    box.systemctl("stop", "ringmilld")
    assert box.show("Result") == "success" and box.show("ExecMainStatus") == "0", box.journal()
    assert lines(folder) == 300, lines(folder)


def test_reload():
    box.run(__file__, "reload")


def inside_sockets(folder):
    configure(folder)
    box.systemctl("start", "ringmilld-control.socket")
    assert subprocess.run(["systemctl", "is-active", "-q", "ringmilld"]).returncode != 0
    status = ask("/v1/status")  # starts it, and waits
    assert status["pipelines"][0]["name"] == "all"
    assert box.show("ActiveState") == "active"
    before = os.stat(SOCKET).st_ino
    box.systemctl("restart", "ringmilld")
    assert ask("/v1/status")["pid"] == int(box.show("MainPID"))
    box.systemctl("reload", "ringmilld")
    box.systemctl("stop", "ringmilld")
    assert os.stat(SOCKET).st_ino == before, "it is systemd's to remove"


def test_sockets():
    box.run(__file__, "sockets")


def inside_watchdog(folder):
    configure(folder, "health: {stuck_after: 200ms}", f"{{wedge: {folder}/wedge}}, ")
    os.makedirs("/run/systemd/system/ringmilld.service.d", exist_ok=True)
    harness.write_file("/run/systemd/system/ringmilld.service.d", "watchdog.conf",
                       "[Service]\nWatchdogSec=3s\nWatchdogSignal=SIGKILL\n")
    box.systemctl("daemon-reload")
    box.systemctl("start", "ringmilld")
    pid = box.show("MainPID")
    harness.write_file(folder, "wedge", "")
    open_target(folder)
    harness.wait_for(lambda: "unhealthy: handlers: the handler wedge" in box.show("StatusText") or
                     box.show("NRestarts") != "0", "the reason")
    box.said("bad: the handler wedge, number 2 of pipeline all, has kept a batch of source open")
    harness.wait_for(lambda: box.show("NRestarts") != "0", "the watchdog")
    os.unlink(f"{folder}/wedge")
    harness.wait_for(lambda: box.show("ActiveState") == "active" and
                     box.show("MainPID") not in ("0", pid), "the next one")
    open_target(folder)
    box.systemctl("stop", "ringmilld")
    assert lines(folder) >= 100, lines(folder)


def test_watchdog():
    box.run(__file__, "watchdog", program="ringmilld-wedge")


box.main(globals())
