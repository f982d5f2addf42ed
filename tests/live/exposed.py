# SPDX-License-Identifier: Apache-2.0
"""Aggregates as metrics on the live kernel, read by Prometheus' own parsers: the page says what the
rows say."""
import json
import os
import subprocess

from prometheus_client.openmetrics import parser as open_parser
from prometheus_client.parser import text_string_to_metric_families

import harness
from controlled import Controlled, promtool

CONFIG = """
version: 1
sources: {open: {builtin: open}}
sinks: {log: {type: file, path: FOLDER/log}}
pipelines:
  files-opened:
    from: open
    handlers:
      - filter: path =~ "^FOLDER/"
      - aggregate: %s
      - forward: log
control: {socket: FOLDER/control.sock}
"""

VALUES = ("{opens: count(), flags_bytes: sum(flags), kinds: distinct(path), low: min(flags), "
          "high: max(flags), mean: mean(flags), dev: stddev(flags), p50: 'quantile(flags, 0.5)', "
          "sizes: 'hist(flags, 1, 1000, 1000000)', seen: last(ktime), busiest: 'top(path, 3)'}")
PREFIX = "files_opened_"


class Exposed(Controlled):
    def __init__(self, aggregate):
        super().__init__(CONFIG % aggregate)

    def open(self, name, times):
        """How many opens that were: one made the file."""
        path = os.path.join(os.fsencode(self.place.name), name)
        with open(path, "wb"):
            pass
        subprocess.run([os.path.join(harness.BIN, "open-loop"), path, str(times)], check=True,
                       stdout=subprocess.DEVNULL)
        return times + 1

    def samples(self):
        """{name: {labels without source: value}} of what is exposed, the same in both formats."""
        code, text = self.ask("/metrics")
        assert code == 200
        promtool(text)
        found = {}
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if sample.name.startswith(PREFIX):
                    labels = dict(sample.labels)
                    assert labels.pop("source") == "open", sample
                    key = tuple(sorted(labels.items()))
                    assert key not in found.setdefault(sample.name, {}), sample
                    found[sample.name][key] = sample.value
        return found

    def open_metrics(self):
        text = self.ask("/metrics", headers={"Accept": "application/openmetrics-text"})[1]
        return {family.name: family for family in
                open_parser.text_string_to_metric_families(text)}

    def rows(self):
        with open(os.path.join(self.place.name, "log"), encoding="utf-8") as file:
            return [json.loads(line) for line in file if '"_lost"' not in line]

    def wait_opens(self, opens):
        """Until the page has them all."""
        def there():
            return sum(self.samples().get(PREFIX + "opens_total", {}).values()) == opens
        harness.wait_for(there, f"{opens} opens")


def close(value, wanted):
    return abs(value - wanted) <= 1e-9 * abs(wanted)


def total_of(rows, name, value):
    return sum(row[value] for row in rows if row["path"].endswith("/" + name))


def test_counters_of_windows_add_up():
    """Windows of 300 ms: counters and histograms are the sums over all rows, and never go back."""
    daemon = Exposed(f"{{window: 300ms, by: [path], expose: metrics, values: {VALUES}}}")
    before, opened = {}, 0
    for turn in range(4):
        opened += daemon.open(b"one", 400)
        opened += daemon.open(b"two", 100 * turn + 1)
        daemon.wait_opens(opened)
        now = daemon.samples()
        for name, values in before.items():
            if name.endswith(("_total", "_bucket", "_sum", "_count")):
                assert all(now[name][key] >= value for key, value in values.items()), name
        before = now
    assert daemon.stop() == 0, daemon.stderr
    rows = daemon.rows()
    for labels, value in before[PREFIX + "opens_total"].items():
        name = os.path.basename(dict(labels)["path"])
        assert value == total_of(rows, name, "opens"), (name, value)
        flags = before[PREFIX + "flags_bytes_total"][labels]
        assert flags == total_of(rows, name, "flags_bytes"), (name, flags)
        assert before[PREFIX + "sizes_count"][labels] == value
        assert before[PREFIX + "sizes_sum"][labels] == flags
        buckets = dict.fromkeys((1, 1000, 1000000, None), 0)
        for row in rows:
            for bucket in row["sizes"] if row["path"].endswith("/" + name) else []:
                buckets[bucket["le"]] += bucket["count"]
        for bound, text in ((1, "1"), (1000, "1000"), (1000000, "1000000"), (None, "+Inf")):
            cumulative = sum(count for le, count in buckets.items()
                             if bound is None or (le is not None and le <= bound))
            key = tuple(sorted(labels + (("le", text),)))
            assert before[PREFIX + "sizes_bucket"][key] == cumulative, (name, bound)
    assert not any("busiest" in name for name in before), "top() is many values"


def test_gauges_of_a_running_window():
    """All values are those of the last row; a counter is the row's, not a sum of rows."""
    daemon = Exposed("{window: {every: 200ms, running: true}, by: [path, {flag: flags}], "
                     f"expose: {{prefix: files_opened}}, values: {VALUES}}}")
    daemon.open(b"one", 700)
    daemon.wait_opens(701)
    samples, families = daemon.samples(), daemon.open_metrics()
    assert families["files_opened_flags_bytes"].unit == "bytes"
    assert families["files_opened_opens"].type == "counter"
    assert families["files_opened_seen_timestamp_seconds"].type == "gauge"
    assert families["files_opened_sizes"].type == "histogram"
    assert daemon.stop() == 0, daemon.stderr
    for row in daemon.rows()[-2:]:
        labels = (("flag", row["flag_name"]), ("path", row["path"]))
        assert samples["files_opened_opens_total"][labels] == row["opens"], row
        for name in ("kinds", "low", "high"):
            assert samples[PREFIX + name][labels] == row[name], (name, row)
        for name in ("mean", "dev"):
            assert close(samples[PREFIX + name][labels], row[name]), (name, row)
        labels = tuple(sorted(labels + (("quantile", "0.5"),)))
        assert close(samples[PREFIX + "p50"][labels], row["p50"]), row


def test_labels_of_any_bytes_and_their_limit():
    """Names that would break a page, and more of them than there are sets of labels."""
    daemon = Exposed("{window: 200ms, by: path, expose: {label_sets: 6}, "
                     "values: {opens: count(), p50: 'quantile(flags, 0.5)'}}")
    names = [b'quote"s', b"back\\slash\\", b"line\nfeed", b"bad\xff\xfeutf", b"\x01\x7fcontrol",
             "späße".encode()]
    for name in names:
        daemon.open(name, 10)
    daemon.wait_opens(11 * len(names))
    for number in range(20):
        daemon.open(b"more%d" % number, 10)
    daemon.wait_opens(11 * (len(names) + 20))
    opens = daemon.samples()[PREFIX + "opens_total"]
    assert len(opens) == 7 and opens[(("other", "true"),)] == 220, opens
    paths = {os.path.basename(dict(labels).get("path", "")): value
             for labels, value in opens.items()}
    for shown in ('quote"s', "back\\slash\\", "line\\nfeed", "bad\\xff\\xfeutf", "späße"):
        assert paths[shown] == 11, paths
    assert daemon.open_metrics()["files_opened_opens"]
    handler = daemon.status()["pipelines"][0]["handlers"][1]
    rows = {row["name"]: row["value"] for row in handler["rows"]}
    assert rows["label_sets"] == 6 and rows["label_sets_overflowed"] >= 20, rows
    assert daemon.stop() == 0, daemon.stderr


harness.main()
