# SPDX-License-Identifier: Apache-2.0
"""ringmill merge: rows of a live aggregate, spread over files as if machines had written them."""
import base64
import csv
import io
import json
import os
import subprocess
import tempfile

import harness
from handlers import Pipeline

AGGREGATE = ("- aggregate: {window: 300ms, by: [path, {flag: flags}], emit: sketches, values: "
             "{opens: count(), total: sum(flags), low: min(flags), mean: mean(flags), "
             "p50: 'quantile(flags, 0.5)', pids: distinct(pid), busy: 'top(pid, 3)', "
             "sizes: 'hist(flags, 1, 1000000)', seen: max(ktime)}}\n- forward: log")


def merge(*arguments, given=None):
    done = subprocess.run([harness.RINGMILL, "merge", *arguments], input=given, text=True,
                          capture_output=True, timeout=harness.PATIENCE, check=False)
    return done.returncode, done.stdout, done.stderr


def rows_of(text):
    return [json.loads(line) for line in text.splitlines()]


def live_rows():
    daemon = Pipeline(AGGREGATE)
    for _ in range(3):
        daemon.open(300)
        daemon.open(200, "second")
        harness.wait_for(lambda: daemon.handlers()["aggregate"]["groups"] == 0, "the window")
    return [row for row in daemon.finish()[2] if "_lost" not in row]


def test_files_of_many_machines():
    rows = live_rows()
    assert len(rows) >= 4 and all(row["_sketches"] for row in rows), rows
    with tempfile.TemporaryDirectory(prefix="ringmill-merge.") as folder:
        names = []
        for index, row in enumerate(rows):
            names.append(harness.write_file(folder, f"machine-{index}", json.dumps(row) + "\n"))
        code, out, err = merge(*names)
        assert code == 0 and not err, err
        again = rows_of(out)
        bare = [{k: v for k, v in row.items() if k != "_sketches"} for row in rows]
        order = lambda row: (row["_start"], row["path"])
        assert sorted(again, key=order) == sorted(bare, key=order), "one machine's are its own"

        code, out, err = merge("--whole", *names)
        assert code == 0 and not err, err
        whole = rows_of(out)
        assert len(whole) == 2, whole
        for row in whole:
            own = [each for each in rows if each["path"] == row["path"]]
            assert row["opens"] == sum(each["opens"] for each in own), row
            assert row["total"] == sum(each["total"] for each in own), row
            assert row["_start"] == min(each["_start"] for each in rows), row
            assert row["_end"] == max(each["_end"] for each in rows), row
            assert row["seen"] == max(each["seen"] for each in own), row
            assert row["p50"] == own[0]["p50"] and row["pids"] == len(
                {entry["value"] for each in own for entry in each["busy"]}), row
            assert sum(entry["count"] for entry in row["busy"]) <= row["opens"], row
            assert sum(entry["count"] for entry in row["sizes"]) == row["opens"], row
        doubled = "".join(json.dumps(row) + "\n" for row in rows) * 2
        lost = '{"time":"2026-11-22T22:51:35Z","source":"open","_lost":12}\n'
        code, out, err = merge("--whole", "--format", "csv", "-", given=doubled + lost)
        assert code == 0 and "1 lines report lost records" in err, err
        table = list(csv.DictReader(io.StringIO(out)))
        assert sorted(int(row["opens"]) for row in table) == sorted(
            2 * row["opens"] for row in whole), table


def test_what_cannot_be_merged_is_named():
    row = live_rows()[0]
    raw = bytearray(base64.b64decode(row["_sketches"]))
    good = json.dumps(row)
    newer = bytes(raw[:3]) + b"\2" + bytes(raw[4:])
    other = bytes(raw).replace(b"quantile(flags, 0.5)", b"quantile(flags, 0.6)")

    def with_bytes(changed):
        return json.dumps({"_sketches": base64.b64encode(changed).decode()})
    with tempfile.TemporaryDirectory(prefix="ringmill-merge.") as folder:
        path = os.path.join(folder, "rows")
        for line, sentence in (
                ("{", "the line is not valid JSON"), ("[1]", "expected a row as a JSON object"),
                ('{"opens": 1}', "the row has no _sketches; set emit: sketches in the aggregate "
                                 "that writes the rows"),
                ('{"_sketches": 7}', "the row has no _sketches"),
                ('{"_sketches": "UkF="}', "_sketches is not valid base64"),
                ('{"_sketches": "!!!!"}', "_sketches is not valid base64"),
                ('{"_sketches": ""}', "_sketches is damaged"),
                (with_bytes(bytes(raw[:-1])), "_sketches is damaged"),
                (with_bytes(bytes(raw) + b"\0"), "_sketches is damaged"),
                (with_bytes(newer), "unknown format version 2; this ringmill reads version 1"),
                (with_bytes(other), "cannot merge p50: it is quantile(flags, 0.6) here, but "
                 f"quantile(flags, 0.5) in {path}:1")):
            harness.write_file(folder, "rows", f"{good}\n\n{good}\n{line}\n")
            code, out, err = merge(path)
            assert code == 1 and not out, (line, out)
            assert err.startswith(f"ringmill: error: {path}:4: {sentence}"), err
            assert err.count("\n") == 1, err
        assert merge(os.path.join(folder, "none"))[0] == 2
        assert merge()[0] == 2 and merge("--format", "raw", path)[0] == 2
        assert "json, json-flat, logfmt, csv" in merge("--format", "raw", path)[2]
        harness.write_file(folder, "rows", f"{good}\n")
        assert merge("--groups", "1", path)[0] == 0
        harness.write_file(folder, "rows", "")
        assert merge(path) == (0, "", "")


if __name__ == "__main__":
    harness.main()
