# SPDX-License-Identifier: Apache-2.0
"""The first event of a user, a group and a cgroup that were made a moment before has their names, in
every step and format. On a machine so busy that an answer takes longer than a batch waits, the name
is missing, which is counted; then it is missing in all of them."""
import contextlib
import csv
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import time

import controlled
import harness

USERS = 20
FIRST = 1_000_000 + os.getpid() * 100  # no other test's
PREFIX = f"rm{os.getpid()}u"

CONFIG = """version: 1
sources:
  exec: {{builtin: exec}}
control: {{socket: FOLDER/control.sock}}
sinks:
  filter: {{type: file, path: {folder}/filter}}
  select: {{type: file, path: {folder}/select, format: csv}}
  text: {{type: file, path: {folder}/text, format: text, template: "{{pid}} {{uid_name}} {{gid_name}} {{cgroup_path}}"}}
  redact: {{type: file, path: {folder}/redact}}
  rows: {{type: file, path: {folder}/rows}}
  journal: {{type: journal, path: {folder}/journal.sock}}
  all: {{type: file, path: {folder}/all}}
pipelines:
  filter:
    from: exec
    handlers: [{{filter: 'startswith(uid_name, "{prefix}")'}}, {{forward: [filter, text, journal]}}]
  select:
    from: exec
    handlers:
      - filter: 'startswith(cgroup_path, "{cgroup}/")'
      - select: {{keep: [pid, uid_name, gid_name, cgroup_path]}}
      - forward: select
  redact:
    from: exec
    handlers:
      - filter: 'startswith(gid_name, "{prefix}")'
      - redact: {{fields: {{uid_name: mask}}}}
      - forward: redact
  rows:
    from: exec
    handlers:
      - filter: 'uid >= {first} && uid < {first} + 100'
      - aggregate: {{window: 1h, by: [uid, uid_name, gid_name, cgroup_path], values: {{n: count()}}}}
      - forward: rows
  all:
    from: exec
    handlers: [{{filter: 'uid >= {first} && uid < {first} + 100'}}, {{forward: all}}]
"""


class Journal:
    """All that comes to the socket."""

    def __init__(self, folder):
        self.data = b""
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(f"{folder}/journal.sock")
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        while data := self.socket.recv(1 << 20):
            self.data += data + b"\n"

    def names(self):
        """A field of text has its length before it."""
        found = re.findall(rb"^RINGMILL_UID_NAME\n[\0-\xff]{8}(.*)$", self.data, re.M)
        return sorted(name.decode() for name in found)


def tree():
    """Where this machine has version 2."""
    for place in ("/sys/fs/cgroup", "/sys/fs/cgroup/unified"):
        if os.path.exists(f"{place}/cgroup.procs"):
            return place
    raise harness.Lacking("there is no cgroup tree of version 2")


@contextlib.contextmanager
def cgroup(name):
    """A cgroup of this test, and what is left below it is removed with it."""
    path = f"{tree()}/ringmill-test-{os.getpid()}-{name}"
    os.makedirs(path)
    try:
        yield path
    finally:
        for folder, _, _ in os.walk(path, topdown=False):
            os.rmdir(folder)


def within(path):
    return path[len(tree()):]


def own_accounts(folder):
    """This process's /etc/passwd and /etc/group become files of the test; the daemon sees them, too."""
    for name in ("passwd", "group"):
        shutil.copy(f"/etc/{name}", f"{folder}/{name}")
        if subprocess.run(["mount", "--bind", f"{folder}/{name}", f"/etc/{name}"],
                          check=False).returncode:
            raise harness.Lacking("no mount namespace of our own")


def add(folder, number):
    """A user and a group, as useradd(8) writes them."""
    name = f"{PREFIX}{number}"
    with open(f"{folder}/passwd", "a", encoding="ascii") as file:
        file.write(f"{name}:x:{FIRST + number}:{FIRST + number}::/:/bin/false\n")
    with open(f"{folder}/group", "a", encoding="ascii") as file:
        file.write(f"{name}:x:{FIRST + number}:\n")
    return name


def run_as(path, number):
    pid = os.fork()
    if pid == 0:
        with open(f"{path}/cgroup.procs", "w", encoding="ascii") as file:
            file.write("0")
        os.setgid(FIRST + number)
        os.setuid(FIRST + number)
        os.execv("/bin/true", ["true"])
    assert os.waitpid(pid, 0)[1] == 0
    return pid


def lines(folder, name):
    with open(f"{folder}/{name}", encoding="utf-8") as file:
        return [line for line in file.read().splitlines() if '"_lost"' not in line]


def objects(folder, name):
    return [json.loads(line) for line in lines(folder, name)]


def check(folder, journal, made, missing):
    """Whatever shows a name shows the right one, and all show the same."""
    wanted = {pid: (name, name, path) for pid, (name, path) in made.items()}
    everything = {event["pid"]: (event["uid_name"], event["gid_name"], event["cgroup_path"])
                  for event in objects(folder, "all")}
    assert everything.keys() == wanted.keys(), (everything, wanted)
    for pid, names in everything.items():
        for shown, name in zip(names, wanted[pid]):
            assert shown in (name, None), (names, wanted[pid])
    gaps = sum(names.count(None) for names in everything.values())
    assert gaps <= missing, (gaps, missing)
    by_user = {pid for pid, names in everything.items() if names[0]}
    assert {event["pid"]: (event["uid_name"], event["gid_name"], event["cgroup_path"])
            for event in objects(folder, "filter")} == {p: everything[p] for p in by_user}
    assert {event["pid"] for event in objects(folder, "redact")} == \
        {pid for pid, names in everything.items() if names[1]}
    assert all(event["uid_name"] == "***" for event in objects(folder, "redact"))
    assert {int(row["pid"]): (row["uid_name"] or None, row["gid_name"] or None, row["cgroup_path"])
            for row in csv.DictReader(lines(folder, "select"))} == \
        {pid: names for pid, names in everything.items() if names[2]}
    assert sorted(line.split(" ")[1] for line in lines(folder, "text")) == \
        sorted(everything[pid][0] for pid in by_user)
    assert {(row["uid_name"], row["gid_name"], row["cgroup_path"])
            for row in objects(folder, "rows")} == set(everything.values())
    shown = sorted(everything[pid][0] for pid in by_user)
    harness.wait_for(lambda: journal.names() == shown, "all entries of the journal")
    return gaps


def test_of_users_groups_and_cgroups():
    with tempfile.TemporaryDirectory(prefix="ringmill-test.") as folder, cgroup("first") as base:
        own_accounts(folder)
        journal = Journal(folder)
        daemon = controlled.Controlled(CONFIG.format(folder=folder, prefix=PREFIX, first=FIRST,
                                                     cgroup=within(base)))
        made = {}
        for number in range(USERS):
            name = add(folder, number)
            path = f"{base}/{name}"
            os.mkdir(path)
            made[run_as(path, number)] = name, within(path)
        harness.wait_for(lambda: len(lines(folder, "all")) == USERS, "all events")
        metrics = daemon.ask("/metrics")[1]
        assert daemon.stop() == 0, daemon.stderr
        daemon.books()
        waits = {name: int(value) for name, value in
                 re.findall(r"^ringmill_resolver_(waits|waits_ended)(?:_total)? (\d+)", metrics, re.M)}
        assert waits["waits"] >= 3 * USERS, waits
        # an id whose wait has ended may show late in further fields and steps
        gaps = check(folder, journal, made, 3 * USERS if waits["waits_ended"] else 0)
        print(f"{gaps} names were missing of {3 * USERS}; {waits}")


def test_of_what_is_there_before_the_start():
    """The tables are filled before the first record: no id of a process or file waits."""
    with tempfile.TemporaryDirectory(prefix="ringmill-test.") as folder, cgroup("before") as base:
        own_accounts(folder)
        made = {}
        for number in range(USERS):
            os.mkdir(f"{base}/{add(folder, number)}")
        journal = Journal(folder)
        daemon = controlled.Controlled(CONFIG.format(folder=folder, prefix=PREFIX, first=FIRST,
                                                     cgroup=within(base)))
        for number in range(USERS):
            path = f"{base}/{PREFIX}{number}"
            made[run_as(path, number)] = f"{PREFIX}{number}", within(path)
        harness.wait_for(lambda: len(lines(folder, "all")) == USERS, "all events")
        assert daemon.stop() == 0, daemon.stderr
        check(folder, journal, made, 0)


harness.main()
