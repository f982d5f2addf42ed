# SPDX-License-Identifier: Apache-2.0
"""What records hold: each kind of member that authors use, with the value that the program wrote."""
import datetime
import os
import time

from truths import style
from truths.records import NO_TYPE
from truths.scenes import MARKS, comm


@style()
def typedef_anonymous(events):
    states = ["STATE_NEW", "STATE_OPEN", "STATE_CLOSED"]
    assert events == [{"number": n, "version": {"major": 5, "minor": n}, "state": states[n % 3]}
                      for n in range(MARKS)]


@style(without_dwarf=NO_TYPE)
def enum_types(events):
    verdicts = ["VERDICT_PASS", "VERDICT_DROP", "VERDICT_LOG"]
    offsets = ["OFFSET_BACK", "OFFSET_NONE", "OFFSET_ON"]
    assert events == [{"number": n, "verdict": verdicts[n % 3],
                       "direction": "EGRESS" if n & 1 else "INGRESS", "offset": offsets[n % 3],
                       "all": ["VERDICT_LOG", "VERDICT_DROP", 9]} for n in range(MARKS)]


@style()
def netflow(events):
    for n, event in enumerate(events):
        assert event == {
            "id": {"eth_protocol": 0x86DD, "src_mac": f"02:00:00:00:00:{n:02x}",
                   "dst_mac": "fe:00:00:00:00:00", "src_ip": "fd00::1", "dst_ip": f"10.0.0.{n}",
                   "src_port": 40000 + n, "dst_port": 443, "transport_protocol": 6},
            "metrics": {"packets": n, "bytes": 1500 * n, "start_mono_time_ns": 1000 + n,
                        "flags": 0x12, "errno": 11, "errno_name": "EAGAIN",
                        "nat_ip": "192.168.0.1"}}, event
    assert len(events) == MARKS


@style(without_dwarf=NO_TYPE)
def char_kinds(events):
    assert events == [{"number": n, "letter": ord("A") + n, "below": -n, "above": 255 - n,
                       "digest": [0xF0, 0xF1, 0xF2, 0xF3], "levels": [0, -1, -2, -3], "tag": "abcd",
                       "lines": ["one", "two", "three"], "where": "0x1000"} for n in range(MARKS)]


def swapped(number, size):
    return int.from_bytes(number.to_bytes(size, "big"), "little")


@style(without_dwarf=NO_TYPE)
def big_endian(events):
    assert events == [{"number": swapped(n, 8), "sequence": swapped(n + 1, 4),
                       "checksum": swapped(n + 2, 2), "length": n + 3, "spi": swapped(1, 4)}
                      for n in range(MARKS)]


def seconds(text):
    """Since 1970, of an event's time."""
    return datetime.datetime.fromisoformat(text[:26] + "+00:00").timestamp()


@style(without_dwarf=NO_TYPE, times=True)
def timestamps(events):
    now = time.time()
    for n, event in enumerate(events):
        assert abs(seconds(event["time"]) - now) < 600, event
        assert abs(seconds(event["boot_ns"]) - now) < 600, event
        assert abs(event["tai_ns"] / 1e9 - now) < 660, event
        assert event["jiffies"] > 0
        assert time.monotonic() - 600 < event["sec"] <= time.monotonic(), event
        assert (event["number"], event["delta_us"], event["latency_ns"]) == (n, 10 * n, n)
    assert len(events) == MARKS
    assert [event["time"] for event in events] == sorted(event["time"] for event in events)


@style(without_dwarf=NO_TYPE)
def kernel_structs(events):
    for n, event in enumerate(events):
        ip, udp, peer = event["ip"], event["udp"], event["peer"]
        assert (event["number"], event["at"]) == (n, {"tv_sec": 1, "tv_nsec": n}), event
        assert (ip["version"], ip["ihl"], ip["ttl"], ip["protocol"]) == (4, 5, 64, 17), event
        assert (ip["saddr"], ip["daddr"]) == ("10.0.0.1", f"10.0.1.{n}"), event
        assert (udp["source"], udp["dest"]) == (swapped(1024 + n, 2), swapped(53, 2)), event
        assert (peer["sin_family"], peer["sin_port"]) == (2, 8080), event
        assert peer["sin_addr"] == "127.0.0.1" and event["self"]["sin_addr"] == "0.0.0.0", event
    assert len(events) == MARKS


@style(without_dwarf=NO_TYPE)
def core_reads(events):
    assert events == [{"number": n, "tgid": os.getpid(), "ppid": os.getppid(), "leader": os.getpid(),
                       "comm": comm(), "parent_comm": comm(os.getppid()),
                       "entity_size": 1, "has_it": False, "has_enum": True, "tgid_type": 1}
                      for n in range(MARKS)]


@style(without_dwarf=NO_TYPE)
def config_constants(events):
    assert events == [{"number": n, "every": 2, "word": "CFG"} for n in range(0, MARKS, 2)]


@style(without_dwarf=NO_TYPE)
def counters(events):
    assert events == [{"sequence": 100 + n, "total": n * (n + 1) // 2, "number": n,
                       "odd": (n + 1) // 2, "calls": n + 1, "of_this": 1} for n in range(MARKS)]


@style(without_dwarf=NO_TYPE)
def tables(events):
    names = ["zero", "one", "two", "three"]
    assert events == [{"number": n, "power": 10 ** (n & 3), "name": names[n & 3],
                       "text": f"n={n} hex={n:x} end"} for n in range(MARKS)]


@style(without_dwarf=NO_TYPE)
def kinds_of_maps(events):
    assert events == [{"number": n, "times": 1 + n // 5, "popped": n, "was_known": False}
                      for n in range(MARKS)]


@style(without_dwarf=NO_TYPE)
def aligned(events):
    assert events == [{"number": n, "counters": [1, 2 * n], "flag": 255, "length": 5, "tail": ""}
                      for n in range(MARKS)]


@style(without_dwarf=NO_TYPE)
def flag_bits(events):
    bits = {"fin": 0, "syn": 1, "rst": 0, "psh": 0, "ack": 1, "urg": 0, "reserved": 0}
    assert events == [{"number": n, "flags": 0x12, **bits,
                       "id": {"whole": n << 16 | 0xABC, "parts": {"low": 0xABC, "high": n}}}
                      for n in range(MARKS)]


@style(without_dwarf=NO_TYPE)
def argv(events):
    assert events == [{"number": n, "argc": 3, "argv": ["tar", "--create", "exactly twel", ""]}
                      for n in range(MARKS)]


@style(without_dwarf=NO_TYPE)
def kernel_names(events):
    assert events == [{"inode": 1 << 40 | n, "dev": 8 << 20 | 1, "mode": "0100644",
                       "mode_name": "-rw-r--r--", "nlink": 2,
                       "offset": -1, "size": 4096, "result": -2, "driver_data": 2 ** 64 - 1,
                       "deleted": n % 2 == 1, "number": n, "debt": -n, "credit": 1}
                      for n in range(MARKS)]


@style()
def wide_numbers(events):
    assert events == [{"largest": 2 ** 64 - 1, "smallest": -2 ** 63, "exact": 2 ** 53 + 1,
                       "wide": hex(2 << 64 | 1), "number": n, "nothing": None}
                      for n in range(MARKS)]


@style(without_dwarf=NO_TYPE)
def container_ids(events):
    assert events == [{"mntns_id": os.stat("/proc/self/ns/mnt").st_ino, "uid": os.getuid(),
                       "uid_name": "root", "gid": os.getgid(), "gid_name": "root", "number": n}
                      for n in range(MARKS)]


@style(without_dwarf=NO_TYPE)
def command_line(events):
    with open("/proc/self/cmdline", "rb") as file:
        arguments = file.read()
    assert events == [{"number": n, "args_total": len(arguments),
                       "args": arguments[:64].split(b"\0")[0].decode()} for n in range(MARKS)]


@style(without_dwarf=NO_TYPE)
def inner_hash(events):
    assert events == [{"number": n, "before": n - 2 if n > 1 else 999, "in_empty": False}
                      for n in range(MARKS)]


def flags(number, words):
    found = [word for bit, word in enumerate(words) if number >> bit & 1]
    rest = number >> len(words) << len(words)
    return "|".join(found + ([hex(rest)] if rest else [])) if found else None


@style()
def named(events):
    """What the names and types of fields say by themselves; tests/live/names.py has the rest."""
    protocols = {1: "icmp", 6: "tcp", 17: "udp"}
    for n, event in enumerate(events):
        assert abs(seconds(event.pop("start_boottime")) - time.time()) < 600, event
        assert event.pop("taken") > 0
        clone = [word for bit, word in ((0, "CLONE_VM"), (1, "CLONE_FS"), (2, "CLONE_FILES"),
                                        (3, "CLONE_SIGHAND"), (4, "CLONE_PIDFD")) if n >> bit & 1]
        assert event == {
            "number": n, "result": -n, "sig": n, "flags": n << 6 | n & 3, "nr": n, "caps": 1 << n | 1,
            "state": n, "family": n, "port": 0, "clone_flags": n << 8 | 17,
            "clone_flags_name": "|".join([*clone, "SIGCHLD"]),
            "rights": flags(n, ["MAY_EXEC", "MAY_WRITE", "MAY_READ"]) or n if n else "NO_RIGHTS",
            "mode": f"0{0o100000 | n:o}", "mode_name": event["mode_name"], "ip_proto": n,
            "ip_proto_name": protocols.get(n, event["ip_proto_name"]), "tcp_flags": n,
            "tcp_flags_name": flags(n, ["FIN", "SYN", "RST", "PSH", "ACK"])}, event
    assert len(events) == MARKS


@style()
def stacks(events):
    """Stacks of the kernel and the process: symbols, or the address of which none is known yet."""
    assert [event["number"] for event in events] == list(range(MARKS))
    for event in events:
        numbers = [number for number in event["numbers"] if number]
        assert 2 < len(numbers) == len(event["kstack"]), event
        for number, shown in zip(numbers, event["kstack"]):
            name, _, offset = shown.partition("+")
            assert shown == hex(number) or name and int(offset.split(" ")[0], 16) < 1 << 20, event
        addresses = [number for number in event["addresses"] if number]
        assert 0 < len(addresses) == len(event["ustack"]), event
        for number, shown in zip(addresses, event["ustack"]):
            assert shown == hex(number) or "+0x" in shown, event


@style("--constant=target={comm}", without_dwarf=NO_TYPE)
def by_name(events):
    assert events == [{"number": n, "is_target": True, "comm": comm()} for n in range(MARKS)]


@style(without_dwarf=NO_TYPE)
def two_in_one(events):
    def sample(n):
        return {"at": {"x": n, "y": -n}, "box": {"kind": 1, "corners": [{"x": 0, "y": 0},
                                                                        {"x": n + 1, "y": 0}]}}
    nothing = {"at": {"x": 0, "y": 0}, "box": {"kind": 0, "corners": 2 * [{"x": 0, "y": 0}]}}
    assert events == [{"sample": [sample(n - 1) if n else nothing, sample(n)], "number": n}
                      for n in range(MARKS)]


@style(without_dwarf=NO_TYPE)
def old_sections(events):
    assert events == [{"number": n, "limit": 1000, "debug": 1} for n in range(MARKS)]


@style("--as=args=texts:args_size", "--as=stack=count:depth",
       "--as=what=by:kind,CONNECT:connect,RENAME:rename")
def values(events):
    """Another field decides what is there; the rest is noise."""
    noise = "5a5a:5a5a:5a5a:5a5a:5a5a:5a5a"
    assert events == [{
        "number": n, "saddr": [f"10.0.0.{n}", f"a00:{n:x}:{noise}", None][n % 3],
        "daddr_v4": f"127.0.0.{n}" if n % 3 == 0 else None,
        "daddr_v6": f"7f00:{n:x}:{noise}" if n % 3 == 1 else None,
        "family": [2, 10, 1][n % 3], "depth": n % 5 - 1,
        "kind": ["KIND_NONE", "CONNECT", "RENAME"][n % 3],
        "what": {"connect": {"pid": n, "port": 80} if n % 3 == 1 else None,
                 "rename": {"from": "old", "to": "new"} if n % 3 == 2 else None},
        "stack": [n + i for i in range(max(n % 5 - 1, 0))], "comm": comm(), "deltas": [0, -1, -2, -3],
        "args_size": 12 if n & 1 else 3, "args": ["ls", "-l", "", "/tmp"] if n & 1 else ["ls"]}
        for n in range(MARKS)]


@style("--as=access=flags:access", without_dwarf='no type "enum access" in the BTF')
def named_bits(events):
    access = [0, "MAY_EXEC", "MAY_WRITE", "MAY_EXEC|MAY_WRITE", "MAY_READ", "MAY_EXEC|MAY_READ",
              "MAY_WRITE|MAY_READ", "MAY_EXEC|MAY_WRITE|MAY_READ"]
    access += [8] + [f"{words}|0x8" for words in access[1:]]
    assert events == [{"number": n, "access": access[n % 16], "asked": [0x101, n & 2]}
                      for n in range(MARKS)]


@style("--as=outcome=enum:outcome_t", without_dwarf='no type "enum outcome_t" in the BTF')
def named_values(events):
    outcomes = ["REFUSED", "ALLOWED", "ASKED"]
    assert events == [{"number": n, "outcome": 7 if n == 7 else outcomes[n % 3]}
                      for n in range(MARKS)]
