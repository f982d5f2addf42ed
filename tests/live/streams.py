# SPDX-License-Identifier: Apache-2.0
"""One source with many rings and types, from a BPF object: order over shards, losses in the output,
types told apart. tests/bpf/objects/streams.bpf.c writes what tests/programs/knock.c asks for."""
import json
import os
import signal
import subprocess
import tempfile
import time

import jsonschema
import yaml

import harness
from controlled import Controlled, promtool, schema_of

OBJECT = os.path.join(os.path.dirname(harness.BIN), "objects", "streams.bpf.o")
CONFIG = """
version: 1
sources:
  made:
    object: %s
    constants: {target: %d}
    rings:
      %s
sinks: {out: {type: file, path: %s}}
control: {socket: FOLDER/control.sock}
pipelines:
  all:
    from: made
    handlers:
      %s
      - forward: out
"""


class Mill:
    """A daemon on the object, and the process that it watches."""

    def __init__(self, rings, handlers=""):
        self.knocker = subprocess.Popen([os.path.join(harness.BIN, "knock")],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.knocker.stdout.readline() == "ready\n"
        self.folder = tempfile.TemporaryDirectory(prefix="ringmill-streams.")
        self.log = os.path.join(self.folder.name, "log")
        self.calls = 0  # of the first thread
        self.daemon = Controlled(CONFIG % (OBJECT, self.knocker.pid, rings, self.log, handlers))

    def events(self):
        with open(self.log, encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    def knock(self, threads, count, pause=0):
        self.calls += count
        self.knocker.stdin.write(f"{threads} {count} {pause}\n")
        self.knocker.stdin.flush()
        assert self.knocker.stdout.readline() == "done\n"

    def knock_until_heard(self):
        """One by one, until the last one was read."""
        def heard():
            self.knock(1, 1)
            time.sleep(0.05)
            return any(event.get("number") == self.calls - 1 for event in self.events()[-1:])
        harness.wait_for(heard, "a record to come out")

    def stop(self):
        """(events, books)"""
        code = self.daemon.stop()
        self.knocker.stdin.close()
        self.knocker.wait()
        assert code == 0, self.daemon.stderr
        return self.events(), self.daemon.books()


def test_shards_come_in_the_order_of_their_time():
    """Four writers, on different CPUs as far as there are, one ring each. The hold is long, because
    a busy machine may keep a whole CPU from us between a timestamp and its record's submit."""
    mill = Mill("shards: {type: struct shard_event, order: ktime, hold: 1s}")
    mill.knock(4, 10_000)
    for _ in range(20):
        mill.knock(4, 500, 100)
    events, books = mill.stop()
    assert len(events) == 80_000, books
    assert books["source made"] == {"produced": None, "seen": 80_000, "discarded": 0, "lost": None,
                                    "skipped": 0}
    times = [event["time"] for event in events]
    assert times == sorted(times)
    for thread in range(4):
        numbers = [event["number"] for event in events if event["thread"] == thread]
        assert numbers == list(range(20_000))
    switches = sum(a["thread"] != b["thread"] for a, b in zip(events, events[1:]))
    print(f"{switches} changes of the ring within 80000 records")
    assert switches > 100  # or nothing was put into order


def test_gaps_in_the_numbers_stand_where_they_are():
    """The reader stands still while the ring overflows; the numbers begin anew at 2^32."""
    mill = Mill("small: {type: struct small_event, sequence: sequence}")
    mill.knock(1, 50)
    for _ in range(5):
        mill.daemon.pause()
        mill.knock(1, 1000)
        mill.daemon.go_on()
        mill.knock_until_heard()
    events, books = mill.stop()
    expected, lost, told = 0, 0, 0
    for event in events:
        if "_lost" in event:
            assert event["source"] == "made"
            assert event["_since"] <= event["_until"] == event["time"]
            expected += event["_lost"]
            lost += event["_lost"]
            told += 1
        else:
            assert event["number"] == expected, (event, expected)
            expected += 1
    assert lost > 1000 and told >= 5, books
    assert expected == mill.calls, books  # the last one was not lost
    assert books["source made"]["produced"] == expected
    assert books["source made"]["lost"] == lost
    assert books["pipeline all"]["emitted"] == told
    assert books["sink out"]["delivered"] == len(events)


def test_counted_losses_come_out_to_the_last():
    """Nothing follows them in the ring: only the counter knows."""
    before = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() - 1))
    mill = Mill("small: {type: struct small_event, lost: missed, sequence: sequence}",
                "- filter: number == 3")
    mill.knock(1, 10)
    mill.daemon.pause()
    mill.knock(1, 990)
    mill.daemon.process.send_signal(signal.SIGTERM)
    mill.daemon.go_on()
    events, books = mill.stop()
    lost = sum(event.get("_lost", 0) for event in events)
    assert books["source made"]["produced"] == 1000, books
    assert lost == books["source made"]["lost"] > 500, books
    assert all(before < event["_since"] <= event["_until"] for event in events
               if "_lost" in event), events
    assert [event["number"] for event in events if "_lost" not in event] == [3]


def test_types_are_told_apart_in_ring_order():
    mill = Mill("mixed: {select: kind, types: {1: struct first, 2: struct second, "
                "3: struct third, 4: struct fourth}}")
    mill.knock(1, 6000)
    events, books = mill.stop()
    assert [event["number"] for event in events] == [n for n in range(6000) if 0 < n % 6 < 5]
    names = [None, "first", "second", "third", "fourth"]
    for event in events:
        kind = event["number"] % 6
        assert event["kind"] == kind and event["type"] == names[kind], event
        if kind == 1:
            assert event["word"] == "first" and "wide" not in event
        if kind == 2:
            assert (event["port"], event["wide"]) == (80, 1 << 60)
        if kind == 3:
            assert event["missing"] is None
    assert books["pipeline all"]["seen"] == 6000
    assert books["pipeline all"]["unknown_type"] == 2000
    told = [line for line in mill.daemon.stderr_lines if "counted as unknown_type" in line]
    assert len(told) == 1 and "ring mixed has a record of 8 bytes" in told[0], told


def test_many_rings_in_one_source():
    """All rings of the object, side by side; a filter on what only some of them know."""
    mill = Mill("shards: {type: struct shard_event, order: ktime, hold: 1s}\n      small: {type: struct small_event, lost: missed}\n      mixed: "
                "{select: kind, types: {1: struct first, 2: struct second}}",
                "- filter: number < 100")
    mill.knock(1, 100)
    events, books = mill.stop()
    assert books["pipeline all"]["seen"] == books["source made"]["seen"] == 300, books
    by_type = {}
    for event in events:
        by_type.setdefault(event["type"], []).append(event["number"])
    assert by_type == {"shard_event": list(range(100)), "small_event": list(range(100)),
                       "first": list(range(1, 100, 6)), "second": list(range(2, 100, 6))}, books


def test_status_and_metrics_have_all_rings():
    mill = Mill("shards: {type: struct shard_event, order: ktime}\n      mixed: "
                "{select: kind, types: {3: struct third, 4: struct fourth}}")
    mill.knock(2, 600)
    harness.wait_for(lambda: mill.daemon.status()["sources"][0]["seen"] == 2400, "all records")
    status = mill.daemon.status()
    with open(os.path.join(harness.ROOT, "docs/openapi.yaml"), encoding="utf-8") as file:
        jsonschema.validate(status, schema_of(yaml.safe_load(file), "/v1/status", "GET", 200))
    source = status["sources"][0]
    streams = {stream["name"]: stream for stream in source["streams"]}
    assert source["type"] is None and set(streams) == {"shards", "mixed"}
    assert [(ring["name"], ring["seen"]) for ring in streams["shards"]["rings"]] == [
        ("shards/0", 600), ("shards/1", 600), ("shards/2", 0), ("shards/3", 0)]
    assert streams["shards"]["ordered"] and not streams["mixed"]["ordered"]
    assert streams["mixed"]["types"] == [{"type": "struct third", "value": 3},
                                         {"type": "struct fourth", "value": 4}]
    assert streams["mixed"]["unknown_type"] == 800
    assert streams["mixed"]["long_records"] == 200
    assert streams["mixed"]["trailing_bytes"] == 200 * 10
    handlers = {(h["ring"], h["type"]): h["in"] for h in status["pipelines"][0]["handlers"]}
    assert handlers == {("mixed", 3): 200, ("mixed", 4): 200, ("shards", None): 1200}, handlers
    code, text, errors = harness.run("status", "--socket", mill.daemon.path,
                                     program=harness.RINGMILL)
    assert code == 0, errors
    for wanted in ("  ring shards/3 of 4096 KiB: ", "  ring mixed of 4096 KiB: ",
                   "  800 records of ring mixed had an unknown type\n",
                   "  200 records of ring mixed were longer than their type, by 2000 bytes in all\n",
                   "  made mixed type 4 1 forward: in 200, out 200"):
        assert wanted in text, (wanted, text)
    text = mill.daemon.ask("/metrics")[1]
    promtool(text)
    samples = [line.rsplit(" ", 1)[0] for line in text.splitlines() if not line.startswith("#")]
    assert len(samples) == len(set(samples)), "each sample once"
    for wanted in ('ringmill_source_seen_total{source="made",ring="shards/1"} 600',
                   'ringmill_source_unknown_type_total{source="made",ring="mixed"} 800',
                   'ringmill_source_trailing_bytes_total{source="made",ring="mixed"} 2000'):
        assert wanted in text.splitlines(), (wanted, text)
    mill.stop()


def test_a_ring_too_small_for_a_restart_is_told_once():
    mill = Mill("small: {type: struct small_event, lost: missed}")
    while not any("the ring small of 4 KiB receives" in line for line in mill.daemon.stderr_lines):
        mill.knock(1, 1000, 1000)  # 10000 a second at the most, and each takes 24 bytes
    mill.knock(1, 1000, 1000)
    mill.stop()
    told = [line for line in mill.daemon.stderr_lines if "the ring small of 4 KiB receives" in line]
    assert len(told) == 1 and "set ring_size to" in told[0], told


harness.main()
