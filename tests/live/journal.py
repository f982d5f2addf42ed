# SPDX-License-Identifier: Apache-2.0
"""The journal sink: against journald under a real systemd, read back with journalctl."""
import json
import os
import shutil
import subprocess
import tempfile

import harness

CONFIG = """
version: 1
sources: {open: {builtin: open}, exec: {builtin: exec}}
sinks:
  log: {type: file, path: /var/log/events}
  journal: {type: journal, priority: notice, identifier: the mill}
pipelines:
  all:
    from: open
    handlers: [{filter: 'comm == "rm-opens"'}, {forward: [log, journal]}]
  programs:
    from: exec
    handlers: [{filter: 'filename == "/bin/true"'}, {forward: [log, journal]}]
control: {socket: /tmp/control.sock}
"""

UNIT = """
[Service]
Type=notify
ExecStart=%s --config %s
"""

# what makes a journal's life hard: no UTF-8, a newline, =, and a text longer than a line shows
OPENS = r"""
import os, subprocess
subprocess.run(["/bin/true", "a b", "\xfc", ""])
with open("/proc/self/comm", "w") as file:
    file.write("rm-opens")
for name in [b"plain", b"with space", b"no\xff\xfeutf8", b"new\nline=x", b"\xc3\xbc", b"l" * 200]:
    path = b"/tmp/rm-" + name
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
for i in range(300):
    try:
        os.open("/tmp/rm-%d" % i, os.O_RDONLY)
    except FileNotFoundError:
        pass
"""

SCRIPT = """
set -e
systemctl start mill || { journalctl -q -o cat -u mill; exit 1; }
python3 %(folder)s/opens.py
for i in $(seq 600); do
  %(ringmill)s status --json --socket /tmp/control.sock >%(folder)s/status || true
  python3 %(folder)s/settled.py %(folder)s/status && break
  sleep 0.1
done
%(ringmill)s status --socket /tmp/control.sock >%(folder)s/status || true
# an outage under load: what is sent meanwhile waits in the socket, or with the daemon
systemctl kill -s STOP systemd-journald
python3 %(folder)s/opens.py
systemctl kill -s KILL systemd-journald
for i in $(seq 100); do systemctl is-active -q systemd-journald && break; sleep 0.1; done
python3 %(folder)s/opens.py
sleep 0.5
systemctl stop mill
journalctl --sync
journalctl -q --all -o json -t 'the mill' >%(folder)s/journal
journalctl -q --all -o cat -t 'the mill' RINGMILL_SOURCE=exec >%(folder)s/lines
journalctl -q -o cat -u mill >%(folder)s/own
cp /var/log/events %(folder)s/events
"""

SETTLED = """
import json, sys
status = json.load(open(sys.argv[1]))
done = all(s["in_flight"] == 0 and s["forwarded"] >= 307 for s in status["sinks"])
sys.exit(0 if done else 1)
"""


def as_bytes(value):
    """What journalctl makes of a field: a text, or a list of bytes where it is none."""
    return bytes(value) if isinstance(value, list) else value.encode()


def raw(text):
    """What a JSON line's text was in the record, as far as these tests go."""
    out, at = b"", 0
    while at < len(text):
        if text[at:at + 2] == "\\x":
            out += bytes.fromhex(text[at + 2:at + 4])
            at += 4
        else:
            out += text[at].encode()
            at += 1
    return out


def expected(event):
    """The entry's own fields by the JSON line of the same event."""
    fields = {}
    for key, value in event.items():
        if value is None:
            continue
        if isinstance(value, str):
            fields[f"RINGMILL_{key.upper()}"] = raw(value)
        else:
            fields[f"RINGMILL_{key.upper()}"] = \
                json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
    return fields


def read(path):
    with open(path, "rb") as file:
        return file.read()


def check_entry(entry, event, pid):
    wanted = expected(event)
    fields = {key: as_bytes(value) for key, value in entry.items() if key.startswith("RINGMILL_")}
    for key, value in event.items():
        if value is None:  # a name may become known between the two encoders
            fields.pop(f"RINGMILL_{key.upper()}", None)
    assert fields == wanted, (fields, wanted)
    assert entry["PRIORITY"] == "5" and entry["SYSLOG_IDENTIFIER"] == "the mill", entry
    assert entry["_SYSTEMD_UNIT"] == "mill.service" and int(entry["_PID"]) == pid, entry
    assert as_bytes(entry["MESSAGE"]).startswith(wanted["RINGMILL_SOURCE"] + b": "), entry
    assert isinstance(entry["MESSAGE"], str), entry  # always readable


def test_each_field_under_systemd():
    with tempfile.TemporaryDirectory(dir="/var/lib") as folder:
        os.chmod(folder, 0o755)
        program = shutil.copy(harness.RINGMILLD, folder)  # what lies in /tmp is not seen in there
        ringmill = shutil.copy(harness.RINGMILL, folder)
        units = os.path.join(folder, "units")
        os.mkdir(units)
        config = harness.write_file(folder, "ringmill.yaml", CONFIG)
        harness.write_file(units, "mill.service", UNIT % (program, config))
        harness.write_file(folder, "opens.py", OPENS)
        harness.write_file(folder, "settled.py", SETTLED)
        script = harness.write_file(folder, "inside",
                                    SCRIPT % {"folder": folder, "ringmill": ringmill})
        done = subprocess.run([os.path.join(harness.ROOT, "tests/systemd-box"), units, "bash",
                               script], capture_output=True, text=True, timeout=200)
        assert done.returncode == 0, done.stdout + done.stderr
        own = read(folder + "/own").decode()
        entries = [json.loads(line) for line in read(folder + "/journal").splitlines()]
        events = [json.loads(line) for line in read(folder + "/events").splitlines()]
        assert len(events) == 3 * 307, (len(events), own)
        by_time = {entry["RINGMILL_TIME"]: entry for entry in entries}
        pid = int(entries[0]["_PID"])
        for event in events[:307]:  # before the outage: all
            check_entry(by_time[event["time"]], event, pid)
        # A datagram in journald's socket when that is killed stays there: systemd holds the socket.
        # What journald had taken and not yet written is lost, and nobody can know.
        assert events[-1]["time"] in by_time, own
        assert 2 * 307 <= len(by_time) <= len(entries), (len(by_time), len(entries), own)
        status = read(folder + "/status").decode()
        assert "sink journal: forwarded 307 = delivered 307" in status, status
        assert "sink journal: forwarded 921 = delivered 921 + dropped 0 + in_flight 0" in own, own
        line = read(folder + "/lines").decode().splitlines()[0]
        assert line.startswith("exec: pid="), line
        assert ' filename=/bin/true args=["/bin/true","a b","ü",""] args_truncated=false' in line, line


harness.main()
