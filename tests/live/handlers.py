# SPDX-License-Identifier: Apache-2.0
"""Each handler in a pipeline on the live kernel: what comes out, and books that add up."""
import ctypes
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

import harness
from controlled import Controlled

CONFIG = """
version: 1
%s
sources: {open: {builtin: open}}
sinks: {log: {type: file, path: FOLDER/log}, other: {type: file, path: FOLDER/other.log}}
pipelines:
  p:
    from: open
    %s
    handlers:
      - filter: (path == "FOLDER/target" || path == "FOLDER/second") && comm == "open-loop"
%s
control: {socket: FOLDER/control.sock}
"""


class Pipeline(Controlled):
    """Behind a filter for two files of the test's own."""

    def __init__(self, handlers, top="", pipeline="", **options):
        lines = "".join(f"      {line}\n" for line in handlers.strip("\n").split("\n"))
        super().__init__(CONFIG % (top, pipeline, lines), **options)
        harness.write_file(self.place.name, "second", "")
        self.opened = 0

    def open(self, times, name="target"):
        subprocess.run([os.path.join(harness.BIN, "open-loop"),
                        os.path.join(self.place.name, name), str(times)], check=True,
                       stdout=subprocess.DEVNULL)
        self.opened += times

    def handlers(self):
        """{name: {"in": ..., "out": ..., rows by name}}; of two of one name the first."""
        found = {}
        for handler in self.status()["pipelines"][0]["handlers"]:
            found.setdefault(handler["name"], {
                **handler, **{row["name"]: row["value"] for row in handler["rows"]}})
        return found

    def settle(self):
        """Until all that was opened has come through."""
        harness.wait_for(lambda: self.handlers()["filter"]["out"] >= self.opened, "all records")
        harness.wait_for(lambda: all(s["in_flight"] == 0 for s in self.status()["sinks"]), "sinks")
        assert self.handlers()["filter"]["out"] == self.opened

    def finish(self):
        """(handlers, books of the pipeline, events of log)"""
        self.settle()
        handlers = self.handlers()
        assert self.stop() == 0, self.stderr
        return handlers, self.books()["pipeline p"], self.read("log")

    def read(self, name):
        with open(os.path.join(self.place.name, name), encoding="utf-8") as file:
            return [json.loads(line) for line in file]


def test_limit_by_key():
    """So slow a rate that nothing comes back during the test: each process gets its burst."""
    daemon = Pipeline("- limit: {rate: 1/h, burst: 3, by: [pid], keys: 2}\n- forward: log")
    for _ in range(4):
        daemon.open(100)
    handlers, books, events = daemon.finish()
    assert books["limited"] == 400 - 12 and books["forwarded"] == 12, books
    assert handlers["limit"]["keys"] == 2 and handlers["limit"]["keys_evicted"] == 2, handlers
    pids = [event["pid"] for event in events]
    assert sorted(pids.count(pid) for pid in set(pids)) == [3, 3, 3, 3], pids


def test_limit_of_all():
    daemon = Pipeline("- limit: {rate: 5/h}\n- forward: log")
    daemon.open(1000)
    _, books, events = daemon.finish()
    assert books["limited"] == 995 and len(events) == 5, books


def test_sample_keeps_flows_whole():
    daemon = Pipeline("- sample: {rate: 3, by: [pid]}\n- forward: log")
    for _ in range(40):
        daemon.open(5)
    _, books, events = daemon.finish()
    pids = [event["pid"] for event in events]
    assert pids and all(pids.count(pid) == 5 for pid in pids), pids  # none: once in 10^7 runs
    assert all(event["_weight"] == 3 for event in events)
    assert books["sampled_out"] == 200 - len(events) > 0, books


def test_sample_by_chance():
    daemon = Pipeline("- sample: {rate: 10, seed: 1}\n- sample: {rate: 2, seed: 2}\n- forward: log")
    daemon.open(5000)
    _, books, events = daemon.finish()
    assert 150 < len(events) < 350, len(events)  # the same on every run
    assert all(event["_weight"] == 20 for event in events)
    assert books["sampled_out"] == 5000 - len(events), books


def test_dedup_counts_what_it_suppressed():
    daemon = Pipeline("- dedup: {by: [path], window: 1s, keys: 16}\n- forward: log")
    daemon.open(300)
    daemon.settle()
    time.sleep(1.2)  # longer than the window, however slow this machine is
    daemon.open(1)
    handlers, books, events = daemon.finish()
    assert len(events) >= 2 and events[0]["_suppressed"] == 0, events
    assert sum(event["_suppressed"] for event in events) == books["deduplicated"], books
    assert books["deduplicated"] == 301 - len(events), books
    assert handlers["dedup"]["keys"] == 1 and handlers["dedup"]["untold"] == 0, handlers


def test_dedup_with_too_many_keys():
    daemon = Pipeline("- dedup: {by: pid, window: 1h, keys: 2}\n- forward: log")
    for _ in range(5):
        daemon.open(10)
    handlers, books, events = daemon.finish()
    assert len(events) == 5 and books["deduplicated"] == 45, books
    assert handlers["dedup"]["keys_evicted"] == 3 and handlers["dedup"]["untold"] == 27, handlers


def test_select():
    daemon = Pipeline("- select: {keep: [path, pid], rename: {pid: process}, "
                      "compute: {name: basename(path), long: len(path) > 5}}\n"
                      "- filter: name == \"target\" && long\n- forward: log")
    daemon.open(3)
    daemon.open(2, "second")
    _, books, events = daemon.finish()
    assert len(events) == 3 and books["filtered"] >= 2, books
    assert list(events[0]) == ["source", "path", "process", "name", "long"], events[0]
    assert events[0]["name"] == "target" and events[0]["long"] is True, events[0]


def test_redact():
    place = tempfile.mkdtemp()
    key = harness.write_file(place, "key", "000102030405060708090a0b0c0d0e0f\n")
    os.chmod(key, 0o400)
    daemon = Pipeline("- redact: {fields: {path: hash, comm: mask, uid: drop}, "
                      f"key_file: {key}}}\n- forward: log")
    daemon.open(3)
    daemon.open(1, "second")
    _, _, events = daemon.finish()
    assert all(event["comm"] == "***" and "uid" not in event for event in events), events
    hashes = [event["path"] for event in events]
    assert len(set(hashes)) == 2 and hashes.count(hashes[0]) == 3, hashes
    path = os.path.join(daemon.place.name, "target").encode()
    wanted = subprocess.run(["openssl", "mac", "-macopt", "size:16", "-macopt",
                             "hexkey:000102030405060708090a0b0c0d0e0f", "-in", "/dev/stdin",
                             "SIPHASH"], input=path, capture_output=True, check=True)
    assert hashes[0] == wanted.stdout.decode().strip().lower(), (hashes[0], wanted)
    shutil.rmtree(place)


def test_enrich():
    place = tempfile.mkdtemp()
    table = harness.write_file(place, "files.csv", "name,owner,note\ntarget,Ann,\"a, b\"\n")
    daemon = Pipeline("- enrich:\n"
                      "    labels: {site: berlin}\n"
                      "    host: true\n"
                      f"    table: {{file: {table}, key: basename(path), by: name, "
                      "add: [owner, note]}\n"
                      "- forward: log")
    daemon.open(3)
    daemon.open(2, "second")
    handlers, _, events = daemon.finish()
    assert all(event["site"] == "berlin" and event["host"] == os.uname().nodename
               for event in events), events
    assert [event["owner"] for event in events] == ["Ann"] * 3 + [None] * 2, events
    assert events[0]["note"] == "a, b", events[0]
    assert handlers["enrich"]["misses"] == 2 and handlers["enrich"]["table_rows"] == 1, handlers
    shutil.rmtree(place)


def test_tee():
    daemon = Pipeline("- tee: {handlers: [{limit: {count: 10}}, {forward: other}]}\n"
                      "- limit: {rate: 30/h}\n- forward: log")
    daemon.open(100)
    handlers, books, events = daemon.finish()
    assert books["copies"] == 100 and books["limited"] == 90 + 70 and len(events) == 30, books
    assert len(daemon.read("other.log")) == 10
    assert handlers["tee.limit"]["in"] == 100 and handlers["tee.limit"]["out"] == 10, handlers
    assert handlers["tee.forward"]["number"] == 4, handlers


def test_route():
    daemon = Pipeline("- route:\n"
                      "    - when: path =~ \"target$\"\n"
                      "      handlers: [{forward: [log, other]}]\n"
                      "    - when: path == \"FOLDER/none\"\n"
                      "      handlers: [{forward: log}]\n"
                      "    - handlers: [{select: {keep: path}}, {forward: other}]")
    daemon.open(20)
    daemon.open(5, "second")
    handlers, books, events = daemon.finish()
    assert books["copies"] == 20 and books["forwarded"] == 45 and len(events) == 20, books
    other = daemon.read("other.log")
    assert len(other) == 25 and list(other[-1]) == ["source", "path"], other[-1]
    assert handlers["route"]["in"] == 25 and handlers["route"]["out"] == 25, handlers
    assert handlers["route[0].forward"]["in"] == 20 and handlers["route[1].forward"]["in"] == 0
    assert handlers["route[2].select"]["in"] == 5, handlers


def test_route_without_a_default():
    daemon = Pipeline("- route:\n    - {when: path == \"FOLDER/second\", "
                      "handlers: [{forward: log}]}")
    daemon.open(20)
    daemon.open(5, "second")
    handlers, books, events = daemon.finish()
    assert len(events) == 5 and handlers["route"]["out"] == 5, handlers
    assert books["filtered"] >= 20, books


def refuse_executable_memory():
    """As MemoryDenyWriteExecute= of systemd does, for this process and what it becomes."""
    pr_set_mdwe, refuse_exec_gain = 65, 1
    if ctypes.CDLL(None).prctl(pr_set_mdwe, refuse_exec_gain, 0, 0, 0) != 0:
        os._exit(77)


def regex_matches(**options):
    """(what matched, matches that were given up, pieces of memory with code that is in no file)"""
    daemon = Pipeline("- filter: 'path =~ \"/(tar+get|sec[aeiou]nt)$\" && "
                      "!(path =~ \"^(/?[a-z0-9_.-]+)+[!?]$\")'\n- forward: log", **options)
    with open(f"/proc/{daemon.process.pid}/maps", encoding="utf-8") as maps:
        code = [line for line in maps if "x" in line.split()[1] and len(line.split()) == 5]
    daemon.open(30)
    daemon.open(20, "second")
    daemon.settle()
    regex = [handler for handler in daemon.status()["pipelines"][0]["handlers"]
             if handler["name"] == "filter"][1]
    given_up = {row["name"]: row["value"] for row in regex["rows"]}["matches_given_up"]
    return len(daemon.finish()[2]), given_up, len(code)


def test_regex_without_executable_memory():
    probe = subprocess.run(["true"], preexec_fn=refuse_executable_memory)
    if probe.returncode == 77:
        print("skipped: this kernel is older than 6.3 and cannot refuse executable memory")
        sys.exit(77)
    matches, given_up, code = regex_matches()
    assert (matches, given_up) == (30, 30) and code > 0, (matches, given_up, code)
    # its memory is not executable, so PCRE2 interprets
    assert regex_matches(preexec_fn=refuse_executable_memory) == (30, 30, 0)


class Plugins:
    """A folder that a plug-in can be loaded from: root's, all the way up."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(dir="/run", prefix="ringmill-plugins.")
        os.chmod(self.folder, 0o755)

    def install(self, name):
        source = os.path.join(os.path.dirname(harness.BIN), "lib/plugins", name + ".so")
        subprocess.run(["install", "-m", "0644", source, self.folder], check=True)
        return os.path.join(self.folder, name + ".so")

    def remove(self):
        shutil.rmtree(self.folder)


def test_a_plugin():
    plugins = Plugins()
    daemon = Pipeline("- tee: {handlers: [{depth: {field: path, at_most: 2}}, {forward: other}]}\n"
                      "- depth: {field: path}\n- forward: log",
                      top=f"plugins: [{plugins.install('depth')}]")
    daemon.open(50)
    handlers, books, events = daemon.finish()
    assert len(events) == 50 and events[0]["depth"] == 3, events[0]
    assert handlers["tee.depth"]["out"] == 0 and books["filtered"] >= 50, (handlers, books)
    plugins.remove()


def test_plugins_that_are_refused():
    plugins = Plugins()
    taken = plugins.install("taken")
    with tempfile.TemporaryDirectory() as place:
        loose = shutil.copy(plugins.install("depth"), place)
        config = harness.write_file(
            place, "c.yaml", f"version: 1\nplugins: [{taken}, {loose}]\n"
            "sources: {open: {builtin: open}}\nsinks: {out: {type: stdout}}\n"
            "pipelines: {p: {from: open, handlers: [{forward: out}]}}\n")
        code, _, errors = harness.run("--config", config, "--check")
    assert code == 3, errors
    assert "plugins[0]: handler name filter is already taken" in errors, errors
    assert "plugins[1]: /tmp is writable by its group or others" in errors, errors
    plugins.remove()


def test_a_slow_handler_is_named_once():
    daemon = Pipeline("- wedge: FOLDER/wedge\n- forward: log", pipeline="budget: 20ms",
                      program=os.path.join(harness.BIN, "ringmilld-wedge"))
    wedge = harness.write_file(daemon.place.name, "wedge", "150")
    line = "pipeline p: the handler wedge, number 2, held a batch of source open for "
    for batch in (1, 2):
        daemon.open(1)
        harness.wait_for(lambda: daemon.handlers()["wedge"]["slow_batches"] >= batch, "the count")
        harness.wait_for(lambda: any(line in told for told in daemon.stderr_lines), "the log")
    os.unlink(wedge)
    time.sleep(2.5)  # it looks once a second: it would have told again
    assert len([told for told in daemon.stderr_lines if line in told]) == 1, daemon.stderr
    assert any(told.endswith("ms; its budget is 20 ms") for told in daemon.stderr_lines)
    text = harness.run("status", "--socket", daemon.path, program=harness.RINGMILL)[1]
    assert re.search(r"slow batches, the worst took \d+", text), text
    assert daemon.handlers()["wedge"]["slowest_seconds"] > 0.1
    daemon.finish()


if __name__ == "__main__":
    harness.main()
