# SPDX-License-Identifier: Apache-2.0
"""Where the type of the records is found, and how it is put together."""
import os

from truths import style
from truths.records import NO_TYPE
from truths.scenes import MARKS, comm


@style(without_dwarf=NO_TYPE)
def dwarf_only(events):
    assert events == [{"number": n, "negative": -n, "word": "hidden"} for n in range(MARKS)]


@style()
def kept(events):
    moods = ["MOOD_CALM", "MOOD_TENSE", "MOOD_ANGRY"]
    for n, event in enumerate(events):
        assert event == {
            "number": n, "tiny": n % 256, "small": -n, "odd": n % 2 == 1, "mood": moods[n % 3],
            "ratio": 1.5, "share": -0.25, "pointer": hex(0xFFFF888000000000 + n),
            "comm": comm()}, event
    assert len(events) == MARKS


@style()
def gadget(events):
    assert [event["number"] for event in events] == list(range(MARKS))


@style()
def typed_map(events):
    by_type = {}
    for event in events:
        by_type.setdefault(event.pop("type"), []).append(event)
    inner = by_type.pop("inner_event")
    assert by_type == {"value_event": [{"number": n, "half": n // 2} for n in range(MARKS)],
                       "key_event": [{"number": n, "word": "key"} for n in range(MARKS)]}
    assert sorted(inner, key=lambda event: event["number"]) == [
        {"number": n, "third": n // 3, "shard": n & 1} for n in range(MARKS)]


@style(without_dwarf=NO_TYPE)
def local_type(events):
    reserves = [event for event in events if event.pop("type") == "reserved"]
    assert reserves == [{"number": n, "ppid": os.getppid(), "word": "local"} for n in range(MARKS)]
    assert [event for event in events if "twice" in event] == [
        {"number": n, "twice": 2 * n, "thrice": 3 * n, "last": n - 1} for n in range(1, MARKS, 2)]


@style(without_dwarf="ring payloads: which type do the records have? ")
def one_kept_of_two(events):
    flows = [event for event in events if event.pop("type") == "flow"]
    assert flows == [{"bytes": n, "pid": 7, "port": 443} for n in range(MARKS)]
    assert [event for event in events if "text" in event] == MARKS * [
        {"pid": 7, "length": 5, "text": "hello"}]


@style("--type=command", without_dwarf='struct "command" is not in the BTF; ')
def used_text(events):
    assert events == [{"number": n, "length": 5, "text": "true"} for n in range(MARKS)]


@style(without_dwarf="ring odds: which type do the records have? ")
def two_rings(events):
    assert [event for event in events if event["type"] == "even_event"] == [
        {"type": "even_event", "number": n, "half": n // 2} for n in range(0, MARKS, 2)]
    assert [event for event in events if event["type"] == "odd_event"] == [
        {"type": "odd_event", "number": n, "word": "odd"} for n in range(1, MARKS, 2)]


@style("--select=head.kind", "--types=KIND_OPEN=open_event", "--types=2=close_event",
       "--types=3=read_event", "--types=4=write_event")
def selector(events):
    kinds = {
        0: lambda n: {"type": "open_event", "path": "/etc/passwd"},
        1: lambda n: {"type": "close_event", "result": -9},
        2: lambda n: {"type": "read_event", "bytes": n * 10},
        3: lambda n: {"type": "write_event", "bytes": n * 100, "offset": n + 1}}
    names = ["KIND_OPEN", "KIND_CLOSE", "KIND_READ", "KIND_WRITE"]
    assert events == [{"head": {"kind": names[n % 5], "number": n}, **kinds[n % 5](n)}
                      for n in range(MARKS) if n % 5 != 4]  # the fifth kind has no type


@style()
def sharded(events):
    assert events == [{"number": n, "cpu": 0} for n in range(MARKS)]


@style()
def bitfields(events):
    for n, event in enumerate(events):
        assert event == {
            "low": n & 7, "negative": -(n % 16), "wide": n * 1000, "color":
            ["RED", "GREEN", "BLUE"][n % 3], "flag": n % 2 == 1,
            "long_one": n << 30 & (1 << 37) - 1, "last": ~n & (1 << 24) - 1, "whole": n}, event
    assert len(events) == MARKS


@style()
def nested(events):
    assert events == [{
        "number": n, "from": {"x": n, "y": -n}, "inner_a": n + 1, "as_word": 0x01020304,
        "as_bytes": [4, 3, 2, 1], "deep": n + 2,
        "both": {"raw": n << 32 | 7, "halves": {"low": 7, "high": n}}} for n in range(MARKS)]


def enum_numbers(events):
    """clang 14 writes no names of 64 bits into BTF."""
    assert events == enum_values((5, 2 ** 32 + 5))


def enum_values(big):
    small = ["SMALL_MINUS", "SMALL_ZERO", "SMALL_ONE"]
    return [{"number": n, "small": small[n % 3], "big": big[n & 1]} for n in range(MARKS)]


@style(without_dwarf=enum_numbers)
def enums(events):
    assert events == enum_values(("BIG_LOW", "BIG_HIGH"))


@style()
def packed(events):
    assert events == [{"first": 1, "number": n, "middle": n + 2, "last": n + 3}
                      for n in range(MARKS)]


@style()
def struct_arrays(events):
    assert events == [{
        "number": n, "grid": [[0, 1, 2], [3, 4, 5]],
        "hops": [{"address": n + i, "ports": [i, i * 10], "name": "hop"} for i in range(3)]}
        for n in range(MARKS)]


@style()
def flexible(events):
    assert events == [{"number": n, "count": n & 7, "values": [n + i for i in range(n & 7)]}
                      for n in range(MARKS)]


@style()
def typedefs(events):
    assert events == [{"number": n, "value": n + 1, "values": [n + 2, n + 3]} for n in range(MARKS)]


@style("--lost=dropped")
def lossy(events):
    kept_ones = [event["number"] for event in events if "_lost" not in event]
    assert kept_ones == sorted(set(kept_ones)) and set(kept_ones) <= set(range(MARKS))
    assert len(kept_ones) + sum(event.get("_lost", 0) for event in events) == MARKS


@style()
def no_wakeup(events):
    assert events == [{"number": n} for n in range(MARKS)]


@style()
def asked(events):
    assert events == [{"number": n, "which": 1} for n in range(MARKS)]


@style("--constant=enabled=true")
def inputs(events):
    assert events == [{"number": n, "step": 1, "mood": "MOOD_HIGH", "ports": [0, 0, 0],
                       "word": "word"} for n in range(MARKS)]


@style("--map-size=seen=3", "--ring-size=64KiB")
def unsized(events):
    assert events == [{"number": n, "seen": n % 3 + 1} for n in range(MARKS)]


@style()
def pinned(events):
    assert events == [{"number": n, "runs": n + 1} for n in range(MARKS)]


@style("--ring-size=4MiB", status=1)
def long_record(events):
    """All of a test fit into a larger ring. Each third is longer than any event may be."""
    assert [(event["number"], len(event["data"]), sum(event["data"])) for event in events] == [
        (n, 40000 * (n % 3), 0) for n in range(MARKS) if n % 3 < 2]


CALLS = ("dynptrs", "values", "functions", "inlines", "evens", "odds")


@style(*(f"--ring={ring}" for ring in CALLS), without_dwarf=NO_TYPE)
def calls(events):
    """Records of a seventh ring have two types, which nothing tells apart."""
    wanted = {"by_dynptr": lambda n: {"first": n + 1, "second": n + 2},
              "by_value": lambda n: {"word": "value"},
              "by_function": lambda n: {"negative": -n, "half": n // 2},
              "by_inline": lambda n: {"pair": [n + 3, n + 4], "twice": 2 * n},
              "by_branch": lambda n: {"odd": n % 2, "rest": 15 * [0]}}
    for kind, rest in wanted.items():
        some = [event for event in events if event["type"] == kind]
        assert sorted(some, key=lambda event: event["number"]) == [
            {"type": kind, "number": n, **rest(n)} for n in range(MARKS)]
    assert len(events) == len(wanted) * MARKS


@style("--ring=texts=text_event", "--ring=lists")
def short_text(events):
    """Records end inside the text or list that is their last field."""
    assert [event for event in events if event["type"] == "text_event"] == [
        {"type": "text_event", "number": n, "size": n & 15, "text": "abcdefghijklmno"[:n & 15] or None}
        for n in range(MARKS)]
    assert [event for event in events if event["type"] == "list_event"] == [
        {"type": "list_event", "number": n, "pad": 0, "list": [n + i for i in range(n & 15)] or None}
        for n in range(MARKS)]


VALUES = ("settings[0].enabled=1", "settings[0].limits.low=-3", "settings[0].word=hello", "targets[7]=99",
          "names[web]=5", "per_cpu[1]=6", "steps[1]=second")


@style("--attach=second=none", *(f"--map-value={value}" for value in VALUES))
def filled(events):
    """Does nothing before its maps are filled."""
    assert events == [{"number": n, "target": 99, "high": 0, "low": -3, "per_cpu": 6, "named": 5,
                       "word": "hello"} for n in range(MARKS)]


@style("--inner-map=groups=hash,4,8,1024")
def open_inner(events):
    assert events == [{"number": n, "found": 0} for n in range(MARKS)]


@style()
def linked_files(events):
    assert events == [{"number": n, "calls": n + 1, "square": n * n} for n in range(MARKS)]
