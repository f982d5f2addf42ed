# SPDX-License-Identifier: Apache-2.0
"""Aggregates on the live kernel: what was opened is in the rows, and the books add up."""
import time

import harness
from handlers import Pipeline


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


harness.main()
