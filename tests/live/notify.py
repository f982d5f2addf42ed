# SPDX-License-Identifier: Apache-2.0
"""What a service manager is told, and the service under a real systemd."""
import os
import shutil
import socket
import subprocess
import tempfile

import box
import harness

CONFIG = """
version: 1
sources: {exec: {builtin: exec}}
sinks: {log: {type: file, path: %s/log}}
pipelines: {all: {from: exec, handlers: [forward: log]}}
"""


def test_messages():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "notify")
        server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        server.bind(path)
        server.settimeout(harness.PATIENCE)
        environment = dict(os.environ, NOTIFY_SOCKET=path, WATCHDOG_USEC="400000")
        daemon = harness.Daemon(config=(CONFIG + "control: {socket: %s/control.sock}\n") %
                                (folder, folder), env=environment)
        assert server.recv(4096) == b"FDSTORE=1\nFDPOLL=0\nFDNAME=ringmill-control"
        assert server.recv(4096) == b"READY=1"
        wanted = {b"WATCHDOG=1", b"STATUS="}
        while wanted:
            message = server.recv(4096)
            wanted = {prefix for prefix in wanted if not message.startswith(prefix)}
            if message.startswith(b"STATUS="):
                assert message.endswith(b" records/s, 0 lost in total"), message
        daemon.process.terminate()
        while server.recv(4096) != b"STOPPING=1":
            pass
        assert daemon.wait() == 0, daemon.stderr


def test_what_is_not_known():
    """The status text claims nothing about sources whose losses nobody counts."""
    made = f"{{object: {harness.OBJECTS}/numbers.bpf.o, type: struct number}}"
    for names, other, expected in (
            ("made", "", b" records/s, lost unknown"),
            ("made, exec", ", exec: {builtin: exec}",
             b" records/s, 0 lost in total, unknown for 1 of the sources")):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "notify")
            server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            server.bind(path)
            server.settimeout(harness.PATIENCE)
            config = CONFIG.replace("exec: {builtin: exec}", f"made: {made}{other}") % folder
            daemon = harness.Daemon(config=config.replace("from: exec", f"from: [{names}]"),
                                    env=dict(os.environ, NOTIFY_SOCKET=path))
            message = b""
            while not message.startswith(b"STATUS="):
                message = server.recv(4096)
            assert message.endswith(expected), message
            assert daemon.stop() == 0, daemon.stderr


def inside_under_systemd(folder):
    harness.write_file(folder, "ringmill.yaml", CONFIG % folder)
    box.systemctl("start", "ringmilld")
    assert box.show("ActiveState") == "active"
    subprocess.run([shutil.copy("/bin/true", folder)], check=True)
    harness.wait_for(lambda: box.show("StatusText").endswith(" records/s, 0 lost in total"), "STATUS")
    box.systemctl("stop", "ringmilld")
    assert (box.show("Result"), box.show("ExecMainStatus")) == ("success", "0"), box.journal()
    with open(f"{folder}/log", encoding="utf-8") as file:
        assert f'"filename":"{folder}/true"' in file.read()
    said = subprocess.run(["journalctl", "-q", "-o", "cat", "-u", "ringmilld", "PRIORITY=6",
                           "SYSLOG_IDENTIFIER=ringmilld"], capture_output=True, text=True).stdout
    assert "running" in said.splitlines() and "sink log: forwarded" in box.journal(), box.journal()


def test_under_systemd():
    box.run(__file__, "under_systemd")


box.main(globals())
