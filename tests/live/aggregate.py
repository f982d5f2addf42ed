# SPDX-License-Identifier: Apache-2.0
"""Aggregates on the live kernel: what was opened is in the rows, and the books add up."""
import json
import os
import signal
import time

import harness
from controlled import Controlled
from handlers import Pipeline
from producers import object_path, producer

BY_FIELD = """\
version: 1
sources: {{numbers: {{map: {pin}, type: struct number, types_from: {object}, as: {{ktime: ktime}}}}}}
sinks: {{out: {{type: file, path: FOLDER/out}}}}
pipelines:
  all: {{from: numbers, handlers: [{{aggregate: {{window: {window}, values: {{n: count()}}}}}}, {{forward: out}}]}}
control: {{socket: FOLDER/control.sock}}
"""


def by_field(made, window):
    return Controlled(BY_FIELD.format(pin=made.pin("numbers"), object=object_path("numbers"),
                                      window=window))


def books_of(daemon):
    return daemon.status()["pipelines"][0]["books"]


def rows_of(daemon):
    """Stops it; what it has written."""
    path = os.path.join(daemon.place.name, "out")
    assert daemon.stop() == 0, daemon.stderr
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def total(events, name):
    return sum(event[name] for event in events)


def test_windows():
    """Windows of a second; the last one is cut short by the stop. No record is counted twice."""
    daemon = Pipeline("- aggregate: {window: 1s, by: [comm], values: {opens: count(), "
                      "rate: rate(), paths: distinct(path), top: 'top(path, 2)', "
                      "flags: hist(flags)}}\n- forward: log")
    for _ in range(3):
        daemon.open(1000)
        daemon.open(500, "second")
        time.sleep(0.6)
    handlers, books, events = daemon.finish()
    assert total(events, "opens") == 4500, events
    assert books["aggregated"] == 4500 and books["late"] == 0 and books["failed"] == 0, books
    assert books["emitted"] == books["forwarded"] == len(events) >= 2, books
    assert handlers["aggregate"]["in"] == 4500, handlers
    assert {event["comm"] for event in events} == {"open-loop"}, events
    assert [event["_partial"] for event in events[:-1]] == [False] * (len(events) - 1), events
    for event in events:
        assert total(event["top"], "count") == event["opens"], event
        assert total(event["flags"], "count") == event["opens"], event
        assert event["paths"] == len(event["top"]), event
        assert event["_start"] < event["_end"] and not event["_other"], event


def test_rows_come_without_records():
    """A window ends in time also when nothing wakes the consumer."""
    daemon = Pipeline("- aggregate: {window: 300ms, by: [pid], values: {n: count()}}\n"
                      "- forward: log")
    daemon.open(10)
    harness.wait_for(lambda: daemon.handlers()["aggregate"]["windows"] >= 1, "the window")
    _, books, events = daemon.finish()
    assert total(events, "n") == 10 and books["aggregated"] == 10, (books, events)


def test_overflow_behind_which_rows_are_filtered():
    """Five processes, two groups; what is behind the aggregate sees its rows, not records."""
    daemon = Pipeline("- aggregate: {window: 1h, by: {process: pid}, values: {n: count()}, "
                      "groups: 2}\n- filter: n > 10\n- forward: log")
    for _ in range(5):
        daemon.open(100)
    handlers, books, events = daemon.finish()
    assert handlers["aggregate"]["overflowed"] == 300, handlers
    assert sorted(event["n"] for event in events) == [100, 100, 300], events
    assert [event["process"] is None for event in events if event["_other"]] == [True], events
    assert all(event["_partial"] for event in events), events
    assert books["aggregated"] == 500 and books["emitted"] == 3, books


def test_windows_by_a_field_in_one_batch():
    """What lies in the ring in order is in the windows in which it happened, all of it, also where
    each record is in four windows; and no row waits for another record."""
    with producer("numbers") as made:
        for number in range(100000, 100050):
            made.write(number, number + 1)
            time.sleep(0.01)
        daemon = by_field(made, "{every: 80ms, hop: 20ms, by: ktime}")
        harness.wait_for(lambda: books_of(daemon)["aggregated"] == 50, "the records")
        harness.wait_for(lambda: books_of(daemon)["forwarded"] > 20, "the rows")
        books, rows = books_of(daemon), rows_of(daemon)
    assert books["late"] == books["failed"] == 0, books
    assert total(rows, "n") == 4 * 50, rows
    assert all(row["n"] <= 8 for row in rows), rows


def test_windows_by_a_field_after_a_stall():
    """A reader that was stopped for longer than a window reads first what waits in the ring."""
    with producer("numbers") as made:
        daemon = by_field(made, "{every: 500ms, by: ktime}")
        while time.monotonic() % 0.5 > 0.1:
            time.sleep(0.01)
        made.write(100000, 100010)
        harness.wait_for(lambda: books_of(daemon)["aggregated"] == 10, "the records")
        daemon.process.send_signal(signal.SIGSTOP)
        made.write(100010, 100020)
        time.sleep(1.2)
        daemon.process.send_signal(signal.SIGCONT)
        harness.wait_for(lambda: books_of(daemon)["seen"] == 20, "the rest")
        harness.wait_for(lambda: books_of(daemon)["emitted"] > 0, "the window")
        books, rows = books_of(daemon), rows_of(daemon)
    assert books["late"] == books["failed"] == 0, books
    assert total(rows, "n") == 20, rows


harness.main()
