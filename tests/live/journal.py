# SPDX-License-Identifier: Apache-2.0
"""The journal sink: against journald under a real systemd, read back with journalctl."""
import contextlib
import json
import os
import shutil
import subprocess

import box
import harness

CONFIG = """
version: 1
sources: {open: {builtin: open}, exec: {builtin: exec}}
sinks:
  log: {type: file, path: FOLDER/events}
  journal: {type: journal, priority: notice, identifier: the mill}
pipelines:
  all:
    from: open
    handlers: [{filter: 'path =~ "^FOLDER/rm-"'}, {forward: [log, journal]}]
  programs:
    from: exec
    handlers: [{filter: 'filename == "FOLDER/true"'}, {forward: [log, journal]}]
"""

# what makes a journal's life hard: no UTF-8, a newline, =, and a text longer than a line shows
NAMES = (b"plain", b"with space", b"no\xff\xfeutf8", b"new\nline=x", "ü".encode(), b"l" * 200)
EVENTS = 1 + len(NAMES) + 300


def make_events(folder):
    subprocess.run([f"{folder}/true", "a b", b"\xc3\xbc", ""], check=True)
    for name in NAMES:
        os.close(os.open(f"{folder}/rm-".encode() + name, os.O_CREAT | os.O_WRONLY, 0o600))
    for number in range(EVENTS - 1 - len(NAMES)):
        with contextlib.suppress(FileNotFoundError):
            os.open(f"{folder}/rm-{number}", os.O_RDONLY)


def settle(events):
    """Until both sinks have delivered so many; what the daemon says of itself for people."""
    def settled():
        text = subprocess.run([harness.RINGMILL, "status", "--json"], capture_output=True).stdout
        return text and all(sink["in_flight"] == 0 and sink["forwarded"] >= events
                            for sink in json.loads(text)["sinks"])
    harness.wait_for(settled, f"{events} events to be delivered")
    return subprocess.run([harness.RINGMILL, "status"], capture_output=True, text=True).stdout


def journalctl(*arguments):
    return subprocess.run(["journalctl", "-q", *arguments], check=True, capture_output=True).stdout


def inside_each_field(folder):
    shutil.copy("/bin/true", folder)
    harness.write_file(folder, "ringmill.yaml", CONFIG.replace("FOLDER", folder))
    box.systemctl("start", "ringmilld")
    pid = int(box.show("MainPID"))
    make_events(folder)
    status = settle(EVENTS)
    assert f"sink journal: forwarded {EVENTS} = delivered {EVENTS}" in status, status
    # journald takes a datagram before it writes it, and would lose that one
    harness.wait_for(lambda: len(journalctl("-o", "cat", "-t", "the mill").splitlines()) >= EVENTS,
                     "journald to have written all events")
    # an outage under load: what is sent meanwhile waits in the socket, or with the daemon
    box.systemctl("kill", "-s", "STOP", "systemd-journald")
    make_events(folder)
    box.systemctl("kill", "-s", "KILL", "systemd-journald")
    make_events(folder)
    settle(3 * EVENTS)
    box.systemctl("stop", "ringmilld")
    subprocess.run(["journalctl", "--sync"], check=True)
    check(folder, pid, box.journal())
    stdout_has_no_severity(folder)


STDOUT = """
version: 1
sources: {exec: {builtin: exec}}
sinks: {out: {type: stdout, format: text, template: "{comm}[{pid}]"}}
pipelines: {all: {from: exec, handlers: [{filter: 'filename == "PROGRAM"'}, {forward: out}]}}
"""
TABLE = """
version: 1
sources: {exec: {builtin: exec}}
sinks: {out: {type: table}}
pipelines:
  all:
    from: exec
    handlers:
      - filter: filename == "PROGRAM"
      - aggregate: {window: 1h, by: [comm], values: {n: count()}}
      - forward: out
"""


def stdout_has_no_severity(folder):
    """Whatever a process calls itself, and also where the unit does not say SyslogLevelPrefix=no."""
    program = f"{folder}/<0>PANIC!"
    shutil.copy("/bin/true", program)
    for prefix, config in ("no", STDOUT), ("yes", STDOUT), ("yes", TABLE):
        harness.write_file(folder, "ringmill.yaml", config.replace("PROGRAM", program))
        os.makedirs("/run/systemd/system/ringmilld.service.d", exist_ok=True)
        harness.write_file("/run/systemd/system/ringmilld.service.d", "prefix.conf",
                           f"[Service]\nSyslogLevelPrefix={prefix}\n")
        box.systemctl("daemon-reload")
        box.systemctl("start", "ringmilld")
        subprocess.run([program], check=True)
        if config == STDOUT:  # a table comes at the end
            settle(1)
        box.systemctl("stop", "ringmilld")
    subprocess.run(["journalctl", "--sync"], check=True)
    entries = [json.loads(line) for line in journalctl("-o", "json", "-u", "ringmilld").splitlines()]
    lines = [entry for entry in entries if "PANIC" in entry["MESSAGE"]]
    assert [entry["PRIORITY"] for entry in lines] == ["6", "6", "6"], lines
    assert all(entry["MESSAGE"].startswith("\\u003c0>PANIC!") for entry in lines), lines
    assert all(int(entry["PRIORITY"]) > 2 for entry in entries), entries


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


def flat(values, prefix=""):
    """Members of structs as fields of their own, as the journal has them."""
    for key, value in values.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{key}_")
        else:
            yield prefix + key, value


def expected(event):
    """The entry's own fields by the JSON line of the same event."""
    fields = {}
    for key, value in flat(event):
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
    for key, value in flat(event):
        if value is None:  # a name may become known between the two encoders
            fields.pop(f"RINGMILL_{key.upper()}", None)
    assert fields == wanted, (fields, wanted)
    assert entry["PRIORITY"] == "5" and entry["SYSLOG_IDENTIFIER"] == "the mill", entry
    assert entry["_SYSTEMD_UNIT"] == "ringmilld.service" and int(entry["_PID"]) == pid, entry
    assert as_bytes(entry["MESSAGE"]).startswith(wanted["RINGMILL_SOURCE"] + b": "), entry
    assert isinstance(entry["MESSAGE"], str), entry  # always readable


def check(folder, pid, own):
    entries = [json.loads(line) for line in
               journalctl("--all", "-o", "json", "-t", "the mill").splitlines()]
    events = [json.loads(line) for line in read(f"{folder}/events").splitlines()]
    assert len(events) == 3 * EVENTS, (len(events), own)
    by_time = {entry["RINGMILL_TIME"]: entry for entry in entries}
    for event in events[:EVENTS]:  # before the outage: all
        check_entry(by_time[event["time"]], event, pid)
    # A datagram in journald's socket when that is killed stays there: systemd holds the socket.
    # What journald had taken and not yet written is lost, and nobody can know.
    assert events[-1]["time"] in by_time, own
    assert 2 * EVENTS <= len(by_time) <= len(entries), (len(by_time), len(entries), own)
    total = 3 * EVENTS
    assert f"sink journal: forwarded {total} = delivered {total} + dropped 0 + in_flight 0" in own, own
    lines = journalctl("--all", "-o", "cat", "-t", "the mill", "RINGMILL_SOURCE=exec").decode()
    line = lines.splitlines()[0]
    assert line.startswith("exec: pid="), line
    assert (f' filename={folder}/true args=["{folder}/true","a b","ü",""] args_truncated=false'
            in line), line


def test_each_field_under_systemd():
    box.run(__file__, "each_field")


box.main(globals())
