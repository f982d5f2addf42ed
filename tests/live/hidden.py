# SPDX-License-Identifier: Apache-2.0
"""What a redact or select hides leaves by no way: all such steps, at all places, with all ways out.
A way out either carries what the step left, or is refused with a sentence."""
import os
import re
import shutil
import socket
import subprocess
import tempfile
import threading

import harness
from controlled import Controlled

SECRET = "s3cr3t"
UID, USER = 65534, "nobody"
COUNT = 40
# In any output, in text, in JSON's base64 of a sketch, or in a record's bytes.
LEAK = re.compile(rb"s3cr3t|\bnobody\b|\b65534\b|\xfe\xff\x00\x00|" +
                  rb"|".join(re.escape(part) for part in (b"czNjcjN0", b"MzY3IzdA", b"zM2NyM3")))

# The program's path is in three fields, its name in comm and args, the user in uid.
# What each hides, and the names that are left of (program, arguments, name, user).
STEPS = {
    "drop": ("{redact: {fields: {filename: drop, path: drop, path_arg: drop, args: drop, comm: drop, "
             "uid: drop}}}", []),
    "mask": ("{redact: {fields: {filename: mask, path: mask, path_arg: mask, args: mask, comm: mask, "
             "uid: drop}}}", ["filename", "path", "args", "comm"]),
    "hash": ("{redact: {fields: {filename: hash, path: hash, path_arg: drop, args: drop, comm: hash, "
             "uid: hash}, key_file: KEY}}", ["filename", "comm", "uid"]),
    "renamed": ("{select: {rename: {comm: name, args: words, path: place}}}, {redact: {fields: {filename: "
                "mask, place: mask, path_arg: drop, words: mask, name: mask, uid: drop}}}",
                ["filename", "words", "name"]),
    "before": ("{redact: {fields: {filename: mask, path: drop, path_arg: drop, args: mask, comm: mask, "
               "uid: drop}}}, {select: {rename: {comm: name}, compute: {copy: comm}}}",
               ["filename", "name", "copy"]),
    "keep": ("{select: {keep: [ktime, pid, cgroup_id]}}", []),
    "unkeep": ("{select: {drop: [filename, path, path_arg, args, comm, uid]}}", []),
    "compute": ("{select: {drop: [path, path_arg], compute: {filename: '\"x\"', args: '\"x\"', "
                "comm: '\"x\"', uid: pid - pid}}}", ["filename", "args", "comm", "uid"]),
}

PLAIN = ("{filter: pid != 0}", ["filename", "comm", "uid"])  # which hides nothing

PLACES = {
    "main": "{step}, {end}",
    "tee": "{{tee: {{handlers: [{step}, {end}]}}}}, {{forward: nothing}}",
    "route": "{{route: [{{when: pid == 0, handlers: [{{forward: none}}]}}, {{handlers: [{step}, {end}]}}]}}",
    "around": "{step}, {{tee: {{handlers: [{{route: [{{handlers: [{end}]}}]}}]}}}}, {{forward: none}}",
}

# Ways that carry what the step left; NAME is a field that is left.
TEXT_SINKS = {
    "json": "{{type: file, path: {folder}/json, id: true}}",
    "flat": "{{type: file, path: {folder}/flat, format: json-flat}}",
    "logfmt": "{{type: file, path: {folder}/logfmt, format: logfmt}}",
    "syslog": "{{type: syslog, transport: unix, path: {folder}/syslog.sock}}",
    "journal": "{{type: journal, path: {folder}/journal.sock}}",
    "stream": "{{type: unix, path: {folder}/stream.sock}}",
    "table": "{{type: table}}",
}
ENDS_OF_A_FIELD = {
    "keys": "{{aggregate: {{window: 10s, by: [{name}], values: {{n: count(), most: 'top({name}, 5)', "
            "one: 'first({name})', some: distinct({name})}}, emit: sketches}}}}, {{forward: json}}",
    "labels": "{{aggregate: {{window: {{every: 100ms}}, by: [{name}], values: {{n: count()}}, "
              "expose: {{prefix: {prefix}}}}}}}, {{forward: flat}}",
    "copied": "{{select: {{compute: {{copied: {name}}}}}}}, {{forward: [json, journal]}}",
    "counted": "{{depth: {{field: {name}}}}}, {{forward: [flat, logfmt]}}",
    "enriched": "{{enrich: {{table: {{file: {folder}/users.csv, key: {name}, by: id, add: [who]}}}}}}, "
                "{{forward: json}}",
    "deduplicated": "{{dedup: {{by: [{name}]}}}}, {{forward: logfmt}}",
}
# Ways that would carry the record as it came.
WHOLE_SINKS = {
    "raw": "{{type: file, path: {folder}/raw, format: raw}}",
    "tagged": "{{type: file, path: {folder}/tagged, format: raw, tag: true}}",
    "raw-tcp": "{{type: tcp, address: '127.0.0.1:9', format: raw}}",
    "raw-udp": "{{type: udp, address: '127.0.0.1:9', format: raw}}",
    "raw-unix": "{{type: unix, path: {folder}/none, format: raw}}",
    "raw-datagram": "{{type: unix, kind: datagram, path: {folder}/none, format: raw}}",
    "raw-stdout": "{{type: stdout, format: raw}}",
    "capture": "{{type: capture, path: {folder}/whole.rmc}}",
}
PLUGIN_FOLDER = os.path.join(os.path.dirname(harness.BIN), "lib", "plugins")


class Folder(tempfile.TemporaryDirectory):
    """With a capture of programs that have a secret name, and what else the configs need."""

    def __init__(self):
        super().__init__(prefix="ringmill-hidden.", dir="/run")  # plug-ins are trusted there
        os.chmod(self.name, 0o755)
        for name in ("depth", "views"):
            shutil.copy(os.path.join(PLUGIN_FOLDER, name + ".so"), self.name)
            os.chmod(os.path.join(self.name, name + ".so"), 0o644)
        os.chmod(harness.write_file(self.name, "key", "0123456789abcdef0123456789abcdef\n"), 0o400)
        harness.write_file(self.name, "users.csv", f"id,who\n{UID},{SECRET}\n")
        self._record()

    def _record(self):
        program = os.path.join(self.name, SECRET)
        shutil.copy("/bin/true", program)
        daemon = harness.Daemon(config=f"""
version: 1
sources: {{exec: {{builtin: exec}}}}
sinks: {{capture: {{type: capture, path: {self.name}/c.rmc}}}}
pipelines: {{all: {{from: exec, handlers: [{{filter: 'filename == "{program}"'}}, {{forward: capture}}]}}}}
""").wait_running()
        for _ in range(COUNT):
            subprocess.run([program, SECRET + "-argument"], check=True, user=UID)
        assert daemon.stop() == 0, daemon.stderr
        assert daemon.books()["sink capture"]["delivered"] == COUNT, daemon.stderr

    def config(self, sinks, pipelines):
        """The daemon of it runs until it is stopped."""
        sinks = "".join(f"  {name}: {sink.format(folder=self.name)}\n" for name, sink in sinks.items())
        lines = "".join(f"  {name}: {{from: c, handlers: [{handlers}]}}\n"
                        for name, handlers in pipelines.items()).replace("KEY", f"{self.name}/key")
        return f"""version: 1
control: {{socket: {self.name}/control.sock}}
plugins: [{self.name}/depth.so, {self.name}/views.so]
sources: {{c: {{capture: {self.name}/c.rmc}}, idle: {{builtin: exit}}}}
sinks:
  nothing: {{type: "null"}}
  none: {{type: "null"}}
{sinks}pipelines:
  idle: {{from: idle, handlers: [{{filter: pid == 0}}, {{forward: nothing}}]}}
{lines}"""

    def __enter__(self):
        return self

    def check(self, sinks, pipelines):
        """The messages of --check, by pipeline."""
        path = harness.write_file(self.name, "check.yaml", self.config(sinks, pipelines))
        code, _, err = harness.run("--config", path, "--check")
        found = {}
        for line in err.splitlines():
            match = re.search(r": pipelines\.([^.]+)\.(.*)", line)
            if match:
                found.setdefault(match[1], []).append(match[2])
        assert bool(found) == (code == 3), (code, err)
        return found


class Receiver:
    """All that comes to a unix socket."""

    def __init__(self, folder, name, kind):
        self.data = b""
        self.socket = socket.socket(socket.AF_UNIX, kind)
        self.socket.bind(os.path.join(folder, name + ".sock"))
        if kind == socket.SOCK_STREAM:
            self.socket.listen()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        peer = self.socket if self.socket.type == socket.SOCK_DGRAM else self.socket.accept()[0]
        while data := peer.recv(1 << 20):
            self.data += data


def ways(name, step, end):
    """{pipeline: handlers} of a step, at every place, before that end."""
    return {f"{name}-{place}": text.format(step=step, end=end) for place, text in PLACES.items()}


def test_ways_that_carry_records_as_they_came():
    """Each is refused behind each step, wherever it stands; without the step it is taken."""
    with Folder() as folder:
        ends = {sink: f"{{forward: {sink}}}" for sink in WHOLE_SINKS}
        ends["views"] = "{views: {}}, {forward: nothing}"
        for step, (handlers, _) in STEPS.items():
            pipelines = {}
            for end, text in ends.items():
                pipelines |= ways(f"{step}-{end}", handlers, text)
            found = folder.check(WHOLE_SINKS, pipelines)
            assert set(found) == set(pipelines), set(pipelines) - set(found)
            for name, messages in found.items():
                end = name[len(step) + 1:name.rindex("-")]
                assert all(end in message and " hides" in message for message in messages), messages
        for end, text in ends.items():
            assert folder.check(WHOLE_SINKS, ways(end, PLAIN[0], text)) == {}
            assert folder.check(WHOLE_SINKS, ways(end, "{select: {rename: {comm: name}}}", text)) == {}


def outputs(folder, step):
    """Sinks, and pipelines that lead there: as it is, and what is made of each field that is left."""
    handlers, left = step
    template = " ".join("{{%s}}" % name for name in ["source", *left])
    sinks = {**TEXT_SINKS, "csv": "{{type: file, path: {folder}/csv, format: csv}}",
             "text": "{{type: file, path: {folder}/text, format: text, template: '%s'}}" % template}
    pipelines = ways("all", handlers, "{forward: [%s]}" % ", ".join(sinks))
    for end, text in ENDS_OF_A_FIELD.items():
        for field in left:
            if (end, field) != ("counted", "uid"):  # which counts in a text
                name = f"{end}-{field}"
                pipelines |= ways(name, handlers, text.format(name=field, folder=folder.name,
                                                              prefix="PREFIX"))
    return sinks, {name: text.replace("PREFIX", name.replace("-", "_"))
                   for name, text in pipelines.items()}


def all_output(folder, step):
    """What comes out of all ways, with the page of metrics and what the daemon says."""
    sinks, pipelines = outputs(folder, step)
    receivers = [Receiver(folder.name, "syslog", socket.SOCK_DGRAM),
                 Receiver(folder.name, "journal", socket.SOCK_DGRAM),
                 Receiver(folder.name, "stream", socket.SOCK_STREAM)]
    daemon = Controlled(folder.config(sinks, pipelines))
    daemon.path = f"{folder.name}/control.sock"
    harness.wait_for(lambda: all(pipeline["books"]["seen"] == COUNT for pipeline in
                                 daemon.status()["pipelines"] if pipeline["name"] != "idle"),
                     "all records in all pipelines")
    exposed = [(name.replace("-", "_"), name.split("-")[1])
               for name in pipelines if name.startswith("labels-")]
    harness.wait_for(lambda: all(re.search(rf'^{name}_\w*{{.*\b{label}="', daemon.ask("/metrics")[1], re.M)
                                 for name, label in exposed), "all metrics")
    said = daemon.ask("/metrics")[1] + daemon.ask("/v1/status")[1]
    assert daemon.stop() == 0, daemon.stderr
    found = {"said": said.encode(), "errors": daemon.stderr.encode(), "table": daemon.stdout}
    for name in ("json", "flat", "logfmt", "csv", "text"):
        with open(os.path.join(folder.name, name), "rb") as file:
            found[name] = file.read()
        os.unlink(os.path.join(folder.name, name))
    for receiver, name in zip(receivers, ("syslog", "journal", "stream")):
        found[name] = receiver.data
        os.unlink(os.path.join(folder.name, name + ".sock"))
    return found


SKETCHES = "{aggregate: {window: 1s, by: [comm], values: {n: count()}, emit: sketches}}"
EXPOSED = "{aggregate: {window: 1s, by: [comm], values: {n: count()}, expose: {}}}"


def test_ways_that_an_aggregate_has_made():
    """Sketches hold what the rows hold, and metrics show it: hidden in rows, it is in these."""
    with Folder() as folder:
        found = folder.check({"log": TEXT_SINKS["json"]}, {
            "redacted": SKETCHES + ", {redact: {fields: {comm: mask}}}, {forward: log}",
            "dropped": SKETCHES + ", {select: {drop: [comm]}}, {forward: log}",
            "replaced": SKETCHES + ", {select: {compute: {comm: '\"x\"'}}}, {forward: log}",
            "both": SKETCHES + ", {redact: {fields: {comm: mask, _sketches: drop}}}, {forward: log}",
            "wanted": SKETCHES + ", {select: {keep: [_sketches]}}, {forward: log}",
            "before": "{redact: {fields: {comm: mask}}}, " + SKETCHES + ", {forward: log}",
            "exposed": EXPOSED + ", {redact: {fields: {comm: drop}}}, {forward: log}",
            "unexposed": "{redact: {fields: {comm: mask}}}, " + EXPOSED + ", {forward: log}",
        })
        for name in "redacted", "dropped", "replaced":
            assert len(found[name]) == 1 and "_sketches still contains the original comm" in found[name][0], found
        assert "an earlier aggregate expose comm" in found["exposed"][0], found
        assert sorted(found) == ["dropped", "exposed", "redacted", "replaced"], found


def test_ways_that_carry_what_is_left():
    """No byte of a secret is in what comes out: files, sockets, metrics, status, messages."""
    with Folder() as folder:
        with open(os.path.join(folder.name, "c.rmc"), "rb") as file:
            assert LEAK.search(file.read()), "nothing is secret"
        for name, data in all_output(folder, PLAIN).items():
            assert LEAK.search(data) or name == "errors", (name, data[:3000])
        for step in STEPS.values():
            for name, data in all_output(folder, step).items():
                assert data and not LEAK.search(data), (step, name, LEAK.search(data), data[:3000])


LIVE = """
version: 1
control: {socket: FOLDER/control.sock}
sources: {exec: {builtin: exec}}
sinks:
  json: {type: file, path: FOLDER/json}
  capture: {type: capture, path: FOLDER/c.rmc}
pipelines:
  kept: {from: exec, handlers: [{filter: filename == "FOLDER/SECRET"}, %s{forward: %s}]}
  counted: {from: exec, handlers: [{filter: filename == "FOLDER/SECRET"}, %s{aggregate: {window: 1h,
            by: [comm], values: {most: 'top(filename, 3)'}, emit: sketches}}, {forward: json}]}
""".replace("SECRET", SECRET)


class Live(Controlled):
    """A daemon whose config changes, and a program that it sees."""

    def __init__(self):
        super().__init__(LIVE % ("", "[json, capture]", ""))
        self.program = os.path.join(self.place.name, SECRET)
        shutil.copy("/bin/true", self.program)

    def reload(self, config):
        harness.write_file(self.folder.name, "ringmill.yaml", config.replace("FOLDER", self.place.name))
        return harness.run("reload", "--socket", self.path, program=harness.RINGMILL)

    def call(self):
        for _ in range(COUNT):
            subprocess.run([self.program, SECRET + "-argument"], check=True, user=UID)

    def read(self, name):
        with open(os.path.join(self.place.name, name), "rb") as file:
            return file.read()

    def wait_lines(self, count):
        harness.wait_for(lambda: self.read("json").count(b"\n") == count, f"{count} lines")


def test_a_reload_that_hides():
    """From then on nothing shows it, whatever encoders and groups had seen before; and a way out
    that would show it keeps the reload from being done."""
    hide = STEPS["before"][0] + ", "
    hidden = LIVE % (hide, "[json, capture]", "{redact: {fields: {filename: mask, comm: mask}}}, ")
    daemon = Live()
    daemon.call()
    daemon.wait_lines(COUNT)
    code, _, errors = daemon.reload(hidden)
    assert code == 3 and " hides" in errors, (code, errors)
    code, _, errors = daemon.reload(hidden.replace("[json, capture]", "json"))
    assert code == 0, errors
    daemon.wait_lines(COUNT + 1)  # the row of before
    shown = daemon.read("json")
    daemon.call()
    daemon.wait_lines(2 * COUNT + 1)
    said = daemon.ask("/metrics")[1] + daemon.ask("/v1/status")[1]
    assert daemon.stop() == 0, daemon.stderr
    data = daemon.read("json")[len(shown):]
    assert LEAK.search(shown), shown
    assert data.count(b"\n") == COUNT + 1 and not LEAK.search(data), data
    assert not LEAK.search(said.encode()) and not LEAK.search(daemon.stderr.encode()), (said, daemon.stderr)
    assert daemon.read("c.rmc").count(SECRET.encode() + b"-argument") == COUNT  # those of before


harness.main()
