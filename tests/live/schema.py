# SPDX-License-Identifier: Apache-2.0
"""ringmill schema: what it shows of files and of rings in the kernel, and what it refuses."""
import json
import os
import subprocess
import tempfile

import harness

ENVIRONMENT, CONFIG = 2, 3
OBJECTS = os.environ.get("RINGMILL_OBJECTS", os.path.join(harness.ROOT, "build/release/tests"))
WHOLE = os.path.join(OBJECTS, "types.bpf.o")
NONE = os.path.join(OBJECTS, "types-none.bpf.o")
VMLINUX = "/sys/kernel/btf/vmlinux"

FLOW = """\
struct flow, 16 bytes
  offset     size  type   name  reads as
       0        8  __u64  ts    ktime
       8        4  __u32  pid   u32
"""


def schema(*arguments):
    return harness.run("schema", *arguments, program=harness.RINGMILL)


def shown(*arguments):
    code, output, errors = schema(*arguments)
    assert (code, errors) == (0, ""), errors
    return output


def refused(code, arguments, message):
    result = schema(*arguments)
    assert result == (code, "", f"ringmill: error: {message}\n"), result


class Ring:
    """The object's rings in the kernel, pinned in a BPF file system of our own."""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="ringmill-test-")  # libbpf changes dots in paths
        subprocess.run(["mount", "-t", "bpf", "bpf", self.folder], check=True)
        try:
            subprocess.run(["bpftool", "prog", "load", WHOLE, f"{self.folder}/program", "pinmaps",
                            f"{self.folder}/maps"], check=True)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        subprocess.run(["umount", self.folder], check=True)
        os.rmdir(self.folder)

    def pin(self, name):
        return f"{self.folder}/maps/{name}"

    def id(self, name):
        done = subprocess.run(["bpftool", "-j", "map", "show", "pinned", self.pin(name)],
                              check=True, capture_output=True)
        return json.loads(done.stdout)["id"]


def test_a_type_as_a_table():
    assert shown(WHOLE, "flow") == FLOW
    assert shown(WHOLE, "struct flow") == FLOW
    assert shown(WHOLE, "struct", "flow") == FLOW


def test_a_type_as_json():
    event = json.loads(shown("--json", WHOLE, "everything"))
    assert (event["type"], event["fields"][0]) == ("struct everything", {
        "name": "ts", "type": "__u64", "kind": "uint", "offset": 0, "size": 8,
        "meaning": "ktime"})
    fields = {field["name"]: field for field in event["fields"]}
    hosts = fields["hosts"]
    assert (hosts["kind"], hosts["count"], hosts["stride"]) == ("array", 3, 8)
    assert [member["name"] for member in hosts["element"]["members"]] == ["addr", "ports"]
    assert fields["verdict"]["signed"] is True
    assert fields["verdict"]["values"] == [{"name": "DROP", "value": -1},
                                           {"name": "PASS", "value": 1}]
    assert fields["big"]["values"][1] == {"name": "BIG_HIGH", "value": 1 << 40}
    assert fields["tail"]["size"] == 0
    bits = json.loads(shown("--json", WHOLE, "bits"))["fields"]
    assert (bits[1]["offset"], bits[1]["bit"], bits[1]["bits"]) == (0, 3, 7)


def test_all_types_those_of_the_rings_first():
    lines = shown("--types", WHOLE).splitlines()
    assert lines[:4] == ["    size  type",
                         "      24  struct local  (of the map types_rest, the only type of 24 bytes)",
                         "      16  struct flow  (of the map types_flows)",
                         "      16  struct drop  (of the map types_of_the_drops)"], lines
    assert "  struct everything  (kept by a variable)" in lines[4]
    types = json.loads(shown("--json", "--types", WHOLE))["types"]
    assert types[0] == {"name": "local", "kind": "struct", "size": 24, "from": "dwarf",
                        "kept": False, "map": "types_rest"}
    assert types[1] == {"name": "flow", "kind": "struct", "size": 16, "from": "btf", "kept": True,
                        "map": "types_flows"}


SCREEN = """\
rings
  types_rest             4KiB  local, 24 bytes (the only type of 24 bytes)
  types_flows            4KiB  flow, 16 bytes (named by GADGET_TRACER)
  types_of_the_drops     4KiB  drop, 16 bytes (named by GADGET_TRACER)

types, in bytes
  flow             16
  drop             16
  everything      224
  host              8
  point             4
  bits             16
  tight            25
  local            24

programs
  types  syscall; cannot be attached: it runs only when called by BPF_PROG_RUN
"""


def test_an_object_on_one_screen():
    assert shown(WHOLE) == SCREEN, shown(WHOLE)
    survey = json.loads(shown("--json", WHOLE))
    assert survey["rings"][0] == {
        "name": "types_rest", "size": 4096, "map_of_rings": False, "perf_event_array": False, "type": "local",
        "type_size": 24, "because": "the only type of 24 bytes", "open": None}, survey
    assert survey["types"][0] == {"name": "flow", "kind": "struct", "size": 16}, survey


def test_a_ring_in_the_kernel():
    harness.require_bpf()
    with Ring() as ring:
        for place in (ring.pin("types_flows"), f"id:{ring.id('types_flows')}"):
            assert shown(place, "flow") == FLOW
            assert "struct drop  (of the map types_of_the_drops)\n" in shown(place)
        refused(CONFIG, (ring.pin("types_flows"), "flwo"),
                f"{ring.pin('types_flows')}: struct \"flwo\" is not in the BTF; there are: flow, "
                "drop, everything, bits; did you mean \"flow\"?")
        refused(ENVIRONMENT, (f"{ring.folder}/program",),
                f"{ring.folder}/program is pinned, but it is not a BPF map")


def test_the_kernel_itself():
    if not os.access(VMLINUX, os.R_OK):
        return
    assert "  pid " in shown(VMLINUX, "task_struct")
    lines = shown(VMLINUX, "iphdr").splitlines()
    assert "     0:4   4 bits  __u8     version   u4" in lines
    assert "      12        4  __be32   saddr     ipv4" in lines


def test_what_has_no_types():
    refused(ENVIRONMENT, (NONE,), f"{NONE}: no BTF or DWARF found: the types were stripped; for a "
                                  "source, set types_from: to a file with the types, or describe "
                                  "them in layout:")
    with tempfile.TemporaryDirectory() as folder:
        source = harness.write_file(folder, "empty.c", "int main(void) { return 0; }\n")
        program = os.path.join(folder, "program")
        subprocess.run(["cc", "-s", source, "-o", program], check=True)
        for arguments in ((program,), (program, "event")):
            refused(ENVIRONMENT, arguments,
                    f"{program}: not a BPF object, and no BTF or DWARF found")


def test_files_that_are_none():
    with tempfile.TemporaryDirectory() as folder:
        script = harness.write_file(folder, "script", "#!/bin/sh\n")
        refused(ENVIRONMENT, (script,), f"{script}: it is neither an ELF file nor raw BTF")
        with open(WHOLE, "rb") as file:
            whole = file.read()
        for length in range(64, len(whole), len(whole) // 40):
            cut = os.path.join(folder, "cut.o")
            with open(cut, "wb") as file:
                file.write(whole[:length])
            refused(ENVIRONMENT, (cut, "flow"),
                    f"{cut}: it is a damaged ELF file, possibly truncated")
    refused(ENVIRONMENT, ("/nowhere/at.all",),
            "/nowhere/at.all: cannot be opened: No such file or directory")


def test_names_of_nothing():
    """A mistyped file may be thought to be a map, but not without saying so."""
    code, output, errors = schema("no_such.o")
    assert (code, output) == (ENVIRONMENT, "")
    assert errors.startswith("ringmill: error: no such file; as a map: "), errors
    assert "no_such.o" in errors, errors


def test_a_type_that_is_not_there():
    refused(CONFIG, (os.path.join(OBJECTS, "types-btf.bpf.o"), "everythin"),
            f"{OBJECTS}/types-btf.bpf.o: struct \"everythin\" is not in the BTF; there are: flow, "
            "drop, everything, bits; did you mean \"everything\"?")


def test_wrong_usage():
    for arguments, message in (((), "no file or map given"),
                               ((WHOLE, "flow", "drop"), "only one type can be given")):
        code, output, errors = schema(*arguments)
        assert (code, output) == (ENVIRONMENT, "")
        assert errors.splitlines()[0] == f"ringmill: error: {message}", errors
    code, output, errors = schema("--frob")
    assert (code, output) == (ENVIRONMENT, "")
    assert errors.startswith("ringmill schema: unrecognized option '--frob'\n"), errors


harness.main(needs_bpf=False)
