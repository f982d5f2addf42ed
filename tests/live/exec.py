# SPDX-License-Identifier: Apache-2.0
"""Programs started: each one once, with what it was started with."""
import csv
import grp
import json
import os
import pwd
import shutil
import struct
import subprocess
import tempfile

import harness

TO_STDOUT = """
version: 1
sources: {exec: {builtin: exec}}
sinks: {out: {type: stdout}}
pipelines:
  all:
    from: exec
    handlers:
%s      - forward: out
"""


def copies_of_true(folder, count):
    """Programs of different names that do nothing."""
    first = os.path.join(folder, "program-0")
    shutil.copy("/bin/true", first)
    paths = [first]
    for i in range(1, count):
        paths.append(os.path.join(folder, f"program-{i}"))
        os.link(first, paths[-1])
    return paths


def start(path, *arguments):
    process = subprocess.Popen([path, *arguments])
    process.wait()
    return process.pid


def test_default_config_prints_every_program():
    with tempfile.TemporaryDirectory() as folder:
        daemon = harness.Daemon("--config", os.path.join(harness.ROOT, "conf/ringmill.yaml"))
        daemon.wait_running()
        started = {start(path): path for path in copies_of_true(folder, 200)}
        assert daemon.stop() == 0, daemon.stderr
        seen = {event["pid"]: event for event in daemon.events() if event["pid"] in started}
        assert len(seen) == 200
        for pid, path in started.items():
            assert seen[pid]["filename"] == path
            assert seen[pid]["ppid"] == os.getpid()
            assert seen[pid]["comm"] == os.path.basename(path)[:15]
        daemon.books()


def test_the_first_event_has_names():
    """Of a user and a group that no process has yet, and of the cgroup."""
    user, group = pwd.getpwnam("nobody"), grp.getgrnam("mail")
    with open("/proc/mounts", encoding="utf-8") as mounts:
        tree = any(line.split()[2] == "cgroup2" for line in mounts)
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        path = copies_of_true(folder, 1)[0]
        daemon = harness.Daemon("run", "--count", "1", "--filter", f'filename == "{path}"', "exec",
                                program=harness.RINGMILL).wait_running()
        subprocess.run([path], user=user.pw_uid, group=group.gr_gid, extra_groups=[], check=True)
        assert daemon.wait() == 0, daemon.stderr
        event = daemon.events()[0]
        assert (event["uid"], event["uid_name"]) == (user.pw_uid, "nobody"), event
        assert (event["gid"], event["gid_name"]) == (group.gr_gid, "mail"), event
        assert event["cgroup_path"] or not tree, event


def test_filter_on_an_argument_is_exact():
    """1,000 programs that match among 1,000 that do not: exactly 1,000 lines."""
    mark = f"mark-{os.getpid()}"
    config = TO_STDOUT % f"      - filter: args[1] == \"{mark}\"\n"
    with tempfile.TemporaryDirectory() as folder:
        daemon = harness.Daemon(config=config).wait_running()
        started = {}
        for path in copies_of_true(folder, 1000):
            started[start(path, mark)] = path
            start(path, "no-" + mark)
        assert daemon.stop() == 0, daemon.stderr
        events = daemon.events()
        assert len(events) == 1000, len(events)
        assert {event["pid"]: event["filename"] for event in events} == started
        books = daemon.books()
        assert harness.forwarded(books["pipeline all"]) == 1000
        assert books["pipeline all"]["filtered"] >= 1000
        assert books["source exec"]["lost"] == 0


def test_arguments_of_any_bytes():
    arguments = [b"", b"two words", b'"quoted" \\', b"line\nfeed\ttab", b"\xff\xfe not utf-8",
                 "gr\u00fc\u00dfe \U0001f980".encode(), b"\x01\x7f"]
    daemon = harness.Daemon(config=TO_STDOUT % "").wait_running()
    pid = start(b"/bin/true", *arguments)
    assert daemon.stop() == 0, daemon.stderr
    event = next(event for event in daemon.events() if event["pid"] == pid)
    assert event["args"] == ["/bin/true", "", "two words", '"quoted" \\', "line\nfeed\ttab",
                             "\\xff\\xfe not utf-8", "gr\u00fc\u00dfe \U0001f980", "\x01\x7f"]
    assert event["args_truncated"] is False


def test_long_arguments_are_cut_and_say_so():
    daemon = harness.Daemon(config=TO_STDOUT % "").wait_running()
    pid = start("/bin/true", "x" * 100000)
    assert daemon.stop() == 0, daemon.stderr
    event = next(event for event in daemon.events() if event["pid"] == pid)
    assert event["args_truncated"] is True
    assert event["args"][0] == "/bin/true"
    assert set(event["args"][1]) == {"x"} and 3000 < len(event["args"][1]) <= 4096


def test_times_are_wall_clock_and_in_order():
    import datetime
    before = datetime.datetime.now(datetime.timezone.utc)
    daemon = harness.Daemon(config=TO_STDOUT % "").wait_running()
    pids = [start("/bin/true") for _ in range(50)]
    assert daemon.stop() == 0, daemon.stderr
    after = datetime.datetime.now(datetime.timezone.utc)
    times = [event["time"] for event in daemon.events() if event["pid"] in pids]
    assert len(times) == 50 and times == sorted(times)
    for time in times:
        assert len(time) == 30 and time[-1] == "Z"
        parsed = datetime.datetime.fromisoformat(time[:26] + "+00:00")
        assert before - datetime.timedelta(milliseconds=1) <= parsed <= after


def test_run_needs_no_config():
    mark = f"mark-{os.getpid()}"
    daemon = harness.Daemon("run", "--filter", f'args[1] == "{mark}"', "--count", "5", "exec",
                            program=harness.RINGMILL).wait_running()
    pids = []
    while daemon.process.poll() is None:
        pids.append(start("/bin/true", mark))
    assert daemon.wait() == 0, daemon.stderr
    assert [event["pid"] for event in daemon.events()] == pids[:5]
    books = daemon.books()
    assert harness.forwarded(books["pipeline run"]) == 5



EVERY_FORMAT = """
version: 1
sources: {exec: {builtin: exec}}
sinks:
  json: {type: file, path: FOLDER/json, id: true}
  flat: {type: file, path: FOLDER/flat, format: json-flat, id: true}
  logfmt: {type: file, path: FOLDER/logfmt, format: logfmt, id: true}
  csv: {type: file, path: FOLDER/csv, format: csv, id: true}
  text: {type: file, path: FOLDER/text, format: text, template: "{_id} {pid} {filename} ({args})"}
  raw: {type: file, path: FOLDER/raw, format: raw}
pipelines:
  all:
    from: exec
    handlers:
      - filter: 'args[1] == "a b"'
      - forward: [json, flat, logfmt, csv, text, raw]
"""


def flat(event):
    """As json-flat has it: a member of a struct is a key of its own."""
    row = {}
    for key, value in event.items():
        row.update({f"{key}.{member}": one for member, one in value.items()}
                   if isinstance(value, dict) else {key: value})
    return row


def test_each_format_has_the_same_records():
    with tempfile.TemporaryDirectory() as folder:
        daemon = harness.Daemon(config=EVERY_FORMAT.replace("FOLDER", folder))
        daemon.wait_running()
        started = [start(path, "a b", '"') for path in copies_of_true(folder, 50)]
        assert daemon.stop() == 0, daemon.stderr
        lines = {name: open(os.path.join(folder, name), newline="\n").read().splitlines()
                 for name in ("json", "flat", "logfmt", "csv", "text")}
        events = [json.loads(line) for line in lines["json"]]
        rows = list(csv.DictReader(lines["csv"], strict=True))
        assert [event["pid"] for event in events] == started
        assert [json.loads(line) for line in lines["flat"]] == [flat(event) for event in events]
        assert [int(row["pid"]) for row in rows] == started
        assert [row["_id"] for row in rows] == [event["_id"] for event in events]
        assert [json.loads(row["args"]) for row in rows] == [event["args"] for event in events]
        assert len({event["_id"] for event in events}) == 50
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            assert events[0]["_id"].startswith(file.read().strip() + "-exec-")
        for event, text, pairs in zip(events, lines["text"], lines["logfmt"], strict=True):
            path = event["filename"]
            assert text == f'{event["_id"]} {event["pid"]} {path} ({path} a b ")'
            assert f' _id={event["_id"]} pid={event["pid"]} ' in pairs
        with open(os.path.join(folder, "raw"), "rb") as file:
            raw, at, pids = file.read(), 0, []
            while at < len(raw):
                pids.append(struct.unpack_from("<I", raw, at + 4 + 8)[0])
                at += 4 + struct.unpack_from("<I", raw, at)[0]
        assert pids == started


harness.main()
