# SPDX-License-Identifier: Apache-2.0
"""What a service manager is told, and the service under a real systemd."""
import os
import shutil
import socket
import subprocess
import tempfile

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
                assert message.endswith(b" records/s, 0 lost in all"), message
        daemon.process.terminate()
        while server.recv(4096) != b"STOPPING=1":
            pass
        assert daemon.wait() == 0, daemon.stderr


def test_under_systemd():
    """The unit as it is installed, only with paths of this build: start, READY, STATUS, stop."""
    with tempfile.TemporaryDirectory(dir="/var/lib") as folder:
        os.chmod(folder, 0o755)
        program = shutil.copy(harness.RINGMILLD, folder)  # what lies in /tmp is not seen in there
        units = os.path.join(folder, "units")
        os.mkdir(units)
        config = harness.write_file(folder, "ringmill.yaml", CONFIG % "/var/log")
        with open(os.path.join(harness.ROOT, "systemd/ringmilld.service"), encoding="utf-8") as file:
            unit = file.read()
        unit = unit.replace("/usr/bin/ringmilld --config /etc/ringmill/ringmill.yaml",
                            f"{program} --config {config}")
        assert program in unit
        harness.write_file(units, "ringmilld.service", unit)
        script = harness.write_file(folder, "inside", """
set -e
systemctl start ringmilld
systemctl is-active ringmilld
/bin/true
for i in $(seq 100); do
  systemctl show -p StatusText ringmilld | grep -q 'records/s' && break
  sleep 0.1
done
systemctl show -p StatusText ringmilld
systemctl stop ringmilld
systemctl show -p Result -p ExecMainStatus ringmilld
grep -c '"filename":"/bin/true"' /var/log/log
systemctl start ringmilld
systemctl stop ringmilld
journalctl -q -o json -u ringmilld SYSLOG_IDENTIFIER=ringmilld MESSAGE=running PRIORITY=6 | head -1
journalctl -q -o cat -u ringmilld
""")
        done = subprocess.run([os.path.join(harness.ROOT, "tests/systemd-box"), units, "bash",
                               script], capture_output=True, text=True, timeout=200)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "records/s, 0 lost in all" in done.stdout, done.stdout
        assert "Result=success" in done.stdout and "ExecMainStatus=0" in done.stdout, done.stdout
        assert '"MESSAGE":"running"' in done.stdout.replace('" : "', '":"'), done.stdout
        assert "sink log: forwarded" in done.stdout, done.stdout


harness.main()
