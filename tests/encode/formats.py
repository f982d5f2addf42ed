#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The text formats against each other, by parsers that are not ours: random records of random
schemas, written by json-truth in all of them, must hold the same values in the same order. Nested
JSON is the truth, for json-truth itself compares that with the records' bytes.

    formats.py JSON-TRUTH RECORDS [SEED]"""
import csv
import json
import re
import subprocess
import sys
import tempfile
import time

RECORDS_OF_SCHEMA = 100
SHORT = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}


def load(text):
    """Objects as lists of pairs, numbers as they are spelt."""
    return json.loads(text, object_pairs_hook=Pairs, parse_int=Number, parse_float=Number)


class Pairs(list):
    pass


class Number(str):
    pass


def flatten(pairs, prefix=""):
    for key, value in pairs:
        if isinstance(value, Pairs):
            yield from flatten(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def bare(text):
    """Control characters as the formats without escapes of their own write them."""
    return re.sub("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]", lambda c: SHORT.get(c[0], f"\\u{ord(c[0]):04x}"), text)


def same_key(got, expected):
    return got.rstrip("_") == expected.rstrip("_")


def is_list(value):
    return isinstance(value, list)


def word(value):
    """A scalar without quotes."""
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def check(condition, *what):
    if not condition:
        sys.exit("\n".join(repr(thing) for thing in what))


def spread_nulls(flat, expected):
    """An object that is null, because its record lacks that arm of a union, is so in all parts."""
    at = 0
    for name, wanted in expected:
        if wanted is None and not (at < len(flat) and same_key(flat[at][0], name)):
            while at < len(flat) and flat[at][0].startswith(name + "."):
                yield flat[at][0], None
                at += 1
        else:
            yield name, wanted
            at += 1


def check_flat(flat, expected):
    expected = list(spread_nulls(flat, expected))
    check(len({key for key, _ in flat}) == len(flat), "a key twice", flat)
    check(len(flat) == len(expected), flat, expected)
    for (key, value), (name, wanted) in zip(flat, expected):
        check(same_key(key, name) and value == wanted and type(value) is type(wanted), key, value,
              name, wanted)


def read_logfmt(line):
    """As go-logfmt's decoder: pairs of a key and a value, and whether that had quotes."""
    at = 0
    while at < len(line):
        key = re.compile(r'[^ ="\x00-\x20]+').match(line, at)
        check(key and line[key.end():key.end() + 1] == "=", "no key", line[at:], line)
        at = key.end() + 1
        quoted = re.compile(r'"(?:[^"\\]|\\.)*"').match(line, at)
        plain = re.compile(r'[^ ="\x00-\x20\x7f]*').match(line, at)
        value = quoted or plain
        yield key[0], json.loads(quoted[0]) if quoted else plain[0], bool(quoted)
        at = value.end()
        check(at == len(line) or line[at] == " ", "no space", line[at:], line)
        at += 1


def check_logfmt(line, flat):
    got = list(read_logfmt(line))
    check(len(got) == len(flat) and len({key for key, _, _ in got}) == len(got), line, flat)
    for (key, value, quoted), (name, wanted) in zip(got, flat):
        name = re.sub(r'\\x[0-9a-f]{2}|[^!#-<>-\[\]-~]', "_", name)
        check(same_key(key, name), key, name)
        if wanted is None:
            check(value == "null" and not quoted, line, name)
        elif is_list(wanted):
            check(load(value) == wanted, value, wanted)
        elif isinstance(wanted, str) and not isinstance(wanted, Number):
            check(value == wanted and (quoted or value != "null"), value, wanted)
        else:
            check(value == word(wanted) and not quoted, value, wanted)


def check_csv(header, row, flat):
    check(header[-1] == "_lost" and row[-1] == "", header, row)
    check(len(header) == len(row) == len(flat) + 1, header, row, flat)
    for key, value, (name, wanted) in zip(header, row, flat):
        check(key == bare(name), key, name)
        if wanted is None:
            check(value == "", value, name)
        elif is_list(wanted):
            check(load(value) == wanted, value, wanted)
        else:
            check(value == bare(word(wanted)), value, wanted)


def check_text(line, nested):
    fields = line.split("\x1f")
    own = [value for key, value in nested if re.fullmatch(r"m\d+", key)]
    check(fields[0] == 'the "source"' and fields[1] == dict(nested)["_id"], line)
    check(len(fields) == len(own) + 2, line, nested)
    for value, wanted in zip(fields[2:], own):
        if wanted is None:
            check(value == "-", value, nested)
        elif is_list(wanted):
            words = not isinstance(wanted, Pairs) and all(type(one) is str for one in wanted)
            check((words and value == " ".join(bare(one) for one in wanted)) or
                  load(value) == wanted, value, wanted)
        else:
            check(value == bare(word(wanted)), value, wanted)


def read_lines(path):
    """Ends at \\n alone, and valid UTF-8 without any other control character."""
    with open(path, "rb") as file:
        lines = file.read().decode("utf-8").split("\n")
    check(lines.pop() == "", "no line feed at the end", path)
    return lines


def main():
    program, records = sys.argv[1], int(sys.argv[2])
    seed = sys.argv[3] if len(sys.argv) > 3 else str(time.time_ns())
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([program, str(records), seed, folder], check=True)
        files = {name: read_lines(f"{folder}/{name}")
                 for name in ("json", "json-flat", "logfmt", "csv", "text")}
    for name, lines in files.items():
        for line in lines:
            check(not re.search("[\x00-\x1e\x7f]" if name == "text" else "[\x00-\x1f\x7f]", line), line)
    count = len(files["json"])
    check(len(files["csv"]) == count + count // RECORDS_OF_SCHEMA, "a header for each schema")
    table = list(csv.reader(files["csv"], strict=True))
    for i in range(count):
        nested, flat = load(files["json"][i]), load(files["json-flat"][i])
        schema = i // RECORDS_OF_SCHEMA
        check_flat(flat, list(flatten(nested)))
        check_logfmt(files["logfmt"][i], flat)
        check_csv(table[schema * (RECORDS_OF_SCHEMA + 1)], table[i + schema + 1], flat)
        check_text(files["text"][i], nested)
    print(f"{count} records are the same in {len(files)} formats")


main()
