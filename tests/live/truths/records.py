# SPDX-License-Identifier: Apache-2.0
"""How records get into their ring: reserved, copied, by dynptr; of fixed and of any length, several kinds
in a ring, and several rings."""
import os

from truths import style
from truths.scenes import MARKS, comm

# of objects without DWARF: BTF lacks types that only local variables have
NO_TYPE = "set --types-from to a file with the type, or describe it in --layout"


@style()
def scratch_map(events):
    assert events == [{"number": n, "squares": [i * i for i in range(100)], "word": "scratch"}
                      for n in range(MARKS)]


@style(without_dwarf=NO_TYPE)
def scratch_bytes(events):
    assert events == [{"number": n, "cube": n ** 3, "word": "bytes"} for n in range(MARKS)]


@style(without_dwarf=NO_TYPE)
def dynptr(events):
    assert events == [{"number": n, "pid": os.getpid(), "minus": -n} for n in range(MARKS)]


@style()
def dynptr_variable(events):
    assert events == [{"number": n, "length": n & 15, "data": [n + i for i in range(n & 15)]}
                      for n in range(MARKS)]


@style(without_dwarf=NO_TYPE)
def perf(events):
    """Each CPU has a ring, and who marks may move between CPUs."""
    events.sort(key=lambda event: event["number"])
    assert [event.pop("cpu") < os.cpu_count() for event in events] == [True] * MARKS
    assert events == [{"number": n, "negative": -n, "comm": comm()[:15], "word": "perf"}
                      for n in range(MARKS)]


@style("--ring=fixed=fixed_event")
def perf_mixed(events):
    assert sorted(events, key=lambda event: event["number"]) == [{"number": n, "square": n * n} for n in range(MARKS)]


@style()
def perf_flood(events):
    assert len(events) == sum(range(MARKS))
    for event in events:
        assert event["check"] == event["sequence"] * 2654435761 % 2**32, event
        assert event["filling"] == [0, 0, 0, 0, ~event["sequence"] % 2**64], event


@style("--select=kind", "--types=1=born", "--types=2=moved", "--types=3=gone")
def tagged_records(events):
    kinds = {0: lambda n: {"type": "born", "kind": 1, "number": n, "name": "thing"},
             1: lambda n: {"type": "moved", "kind": 2, "number": n, "x": n, "y": -n},
             2: lambda n: {"type": "gone", "kind": 3, "number": n}}
    assert events == [kinds[n % 3](n) for n in range(MARKS)]


@style(without_dwarf=NO_TYPE)
def one_kind_in_many(events):
    nothing = {"parent": 0, "exit_code": 0, "filename": ""}
    assert events == [
        {**nothing, "number": n, **more} for n in range(MARKS) for more in (
            {"kind": "EVENT_FORK", "parent": n + 1000},
            {"kind": "EVENT_EXEC", "filename": "/bin/true"},
            {"kind": "EVENT_EXIT", "exit_code": -n})]


@style()
def cpu_rings(events):
    cpus = os.sched_getaffinity(0)
    assert sorted(event["number"] for event in events) == list(range(MARKS))
    assert all(event["cpu"] in cpus and event["rest"] == 7 for event in events)


@style(without_dwarf=NO_TYPE)
def discarding(events):
    assert events == [{"number": n, "of": 4} for n in range(0, MARKS, 4)]


@style(without_dwarf=NO_TYPE)
def adaptive_wakeup(events):
    assert events == [{"number": n, "available": 65536} for n in range(MARKS)]


@style(without_dwarf=NO_TYPE)
def ring_of_records(events):
    assert events == [{"number": n, "type": 0x86DD, "reserved": [0] * 14} for n in range(MARKS)]


@style(without_dwarf=NO_TYPE)
def loop_callback(events):
    assert events == [{"number": n, "step": step} for n in range(MARKS) for step in range(3)]


@style()
def subprograms(events):
    assert events == [{"number": n, "doubled": 2 * n, "added": n + 100} for n in range(MARKS)]


@style()
def output_helper(events):
    assert events == [{"number": n, "length": n & 7, "rest": "abcdefg"[:n & 7]}
                      for n in range(MARKS)]
@style()
def scratch_variable(events):
    path = "/usr/share/doc/a/long/one/that/goes/on"
    assert events == [{"number": n, "length": len(path) - n + 1, "path": path[n:]}
                      for n in range(MARKS)]


@style()
def header_payload(events):
    for n, event in enumerate(events):
        length = 1 + (n & 31)
        event["header"].pop("timestamp")
        assert event == {"header": {"total": 16 + length, "version": 3, "flags": 0x8000 | n},
                         "payload": "abcdefghijklmnopqrstuvwxyz"[:length]}, event
    assert len(events) == MARKS


@style("--type=msg_execve_event")
def common_head(events):
    text = "/usr/bin/env --ignore"
    for n, event in enumerate(events):
        event["common"].pop("ktime")
        assert event == {
            "common": {"op": 5, "flags": 1, "pad": [0, 0], "size": 56 + n + 1},
            "parent": {"pid": n + 1, "nspid": 0, "ktime": event["parent"]["ktime"]},
            "process": {"size": n + 1, "pid": n, "i_ino": 0, "auid": 2 ** 32 - 1, "flags": 0},
            "buffer": text[:n + 1]}, event
    assert len(events) == MARKS


@style(without_dwarf=NO_TYPE)
def hash_of_rings(events):
    assert sorted(events, key=lambda event: event["number"]) == [
        {"number": n, "color": 5 if n & 1 else 2} for n in range(MARKS)]




@style(without_dwarf=NO_TYPE)
def priorities(events):
    assert sorted(events, key=lambda event: event["number"]) == [
        {"type": "alert", "number": n, "severity": 1 if n % 4 else 9, "code": n + 1000}
        for n in range(MARKS)]


@style()
def histogram(events):
    def slots(count):
        powers = [max(n.bit_length() - 1, 0) for n in range(count)]
        return [powers.count(power) for power in range(6)]
    assert events == [{"total": count, "slots": slots(count)} for count in (10, 20)]


@style(without_dwarf=NO_TYPE)
def sequence(events):
    given = {}
    for n, event in enumerate(events):
        seq = given.get(event["cpu"], 0)
        assert event == {"number": n, "seq": seq, "cpu": event["cpu"], "flags": 0x80, "reserved": 0,
                         "size": 24}, event
        given[event["cpu"]] = seq + 1
    assert len(events) == MARKS and set(given) <= set(range(os.cpu_count()))
