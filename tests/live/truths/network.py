# SPDX-License-Identifier: Apache-2.0
"""Packets and connections."""
import socket

from truths import style
from truths.records import NO_TYPE
from truths.scenes import FACTS, PAYLOADS, connection, group, loopback, wire

HEADERS = 14 + 20 + 8  # Ethernet, IPv4, UDP


@style("--interface={interface}", scene=wire)
def xdp(events):
    assert [event for event in events if event["dport"] == 5000] == [
        {"saddr": "10.213.7.2", "daddr": "10.213.7.1", "sport": 4000, "dport": 5000,
         "length": 8 + n, "source_mac": FACTS["wire"][0]} for n in range(10)]


@style("--interface={interface}", scene=wire)
def xdp_dump(events):
    index = FACTS["wire"][1]["ifindex"]
    datagrams = [event for event in events if event["packet"][12:14] == [8, 0] and
                 event["packet"][36:38] == [5000 >> 8, 5000 & 255]]
    assert [event["meta"] for event in datagrams] == [
        {"ifindex": index, "rx_queue": 0, "pkt_len": HEADERS + n, "cap_len": HEADERS + n, "flags": 0}
        for n in range(10)]
    for n, event in enumerate(datagrams):
        assert event["packet"][26:34] == [10, 213, 7, 2, 10, 213, 7, 1], event
        assert event["packet"][HEADERS:] == n * [ord("x")], event


@style("--interface={interface}", scene=wire, without_dwarf=NO_TYPE)
def xdp_lock(events):
    assert len(events) >= 10
    packets = bytes_ = 0
    for event in sorted(events, key=lambda event: event["packets"]):
        packets, bytes_ = packets + 1, bytes_ + event["length"]
        assert (event["packets"], event["bytes"]) == (packets, bytes_), event


@style("--interface={interface}", scene=wire, without_dwarf=NO_TYPE)
def tc_flows(events):
    index = FACTS["wire"][1]["ifindex"]
    peer, own = "10.213.7.2", "10.213.7.1"
    for direction, key, count in (
            ("INGRESS", {"saddr": peer, "daddr": own, "sport": 4000, "dport": 5000}, 10),
            ("EGRESS", {"saddr": own, "daddr": peer, "sport": 6000, "dport": 7000}, 5)):
        assert [event for event in events if event["key"] == key] == [
            {"key": key, "ifindex": index, "direction": direction, "length": HEADERS + n,
             "bytes": sum(HEADERS + i for i in range(n + 1)), "eth_protocol": 0x0800}
            for n in range(count)]


@style(scene=connection, without_dwarf=NO_TYPE)
def tcp_states(events):
    port, client = FACTS["port"], FACTS["client_port"]
    mine = [event for event in events if event["sport"] == client and event["dport"] == port]
    sockets = {event.pop("skaddr") for event in mine}
    assert len(sockets) == 1 and next(iter(sockets)).startswith("0x"), sockets
    for event in mine:
        assert event["saddr"] in ("127.0.0.1", "0.0.0.0") and event["daddr"] == "127.0.0.1", event
    states = [(event["oldstate"], event["newstate"]) for event in mine]
    assert ("TCP_SYN_SENT", "TCP_ESTABLISHED") in states, states
    assert ("TCP_ESTABLISHED", "TCP_CLOSE_WAIT") in states, states
    assert mine[-1]["saddr_v6"] == "::ffff:127.0.0.1" or mine[-1]["saddr_v6"] == "127.0.0.1", mine[-1]
    assert [event["newstate"] for event in events if event["sport"] == port and not event["dport"]][
        0] == "TCP_LISTEN", events


@style("--cgroup={cgroup}", scene=group, without_dwarf=NO_TYPE)
def cgroup_connect(events):
    pid, port, *_ = FACTS["group"]
    assert [event.pop("cookie") > 0 for event in events] == [True, True]
    assert events == [
        {"daddr": "127.0.0.1", "dport": port, "family": socket.AF_INET, "pid": pid, "comm": "python3"},
        {"daddr": "::1", "dport": 9, "family": socket.AF_INET6, "pid": pid, "comm": "python3"}]


@style("--cgroup={cgroup}", scene=group, without_dwarf=NO_TYPE)
def cgroup_sockets(events):
    _, port, _, datagrams = FACTS["group"]
    made = [event for event in events if event["hook"] == "HOOK_CREATE"]
    assert [(event["family"], event["type"]) for event in made] == [
        (socket.AF_INET, socket.SOCK_STREAM), (socket.AF_INET, socket.SOCK_STREAM),
        (socket.AF_INET6, socket.SOCK_DGRAM), (socket.AF_INET, socket.SOCK_DGRAM)], made
    bound = [event for event in events if event["hook"] == "HOOK_BIND"]
    assert [(event["type"], event["port"]) for event in bound] == [
        (socket.SOCK_STREAM, port), (socket.SOCK_DGRAM, datagrams)], bound
    assert {"hook": "HOOK_EGRESS", "family": socket.AF_INET, "type": 0, "protocol": 0, "port": 0,
            "length": 20 + 8 + 100} in events, events


@style("--cgroup={cgroup}", scene=group)
def sock_ops(events):
    _, port, client, _ = FACTS["group"]
    active, passive = 4, 5
    both = {"local_ip4": "127.0.0.1", "remote_ip4": "127.0.0.1"}
    for event in events:
        event.pop("srtt_us")
    assert sorted(events, key=lambda event: event["op"]) == [
        {**both, "local_port": client, "remote_port": port, "op": active, "active": True},
        {**both, "local_port": port, "remote_port": client, "op": passive, "active": False}]


LENGTHS = [HEADERS + size for size in PAYLOADS]


@style("--interface=lo", scene=loopback)
def socket_filter(events):
    here, outgoing = 0, 4
    for kind in here, outgoing:
        assert [event["length"] for event in events if event["kind"] == kind] == LENGTHS
    assert {event["interface"] for event in events} == {socket.if_nametoindex("lo")}


@style("--interface=lo", "--direction=ingress", "--attach=loader=tc/egress", scene=loopback)
def tc_names(events):
    for which in range(1, 9):
        assert [event["length"] for event in events if event["which"] == which] == LENGTHS, which


@style("--netfilter=ipv4/input", scene=loopback)
def netfilter(events):
    local_in = 1
    assert events == [{"length": length - 14, "hook": local_in, "family": socket.AF_INET}
                      for length in LENGTHS]


@style("--interface={interface}", scene=wire, without_dwarf=NO_TYPE)
def datagram_text(events):
    peer, own = "10.213.7.2", "10.213.7.1"
    to_us, outgoing = 0, 4
    for saddr, daddr, sport, dport, pkt_type, letter, count in (
            (peer, own, 4000, 5000, to_us, "x", 10), (own, peer, 6000, 7000, outgoing, "y", 5)):
        assert [event for event in events if event["dport"] == dport] == [
            {"saddr": saddr, "daddr": daddr, "sport": sport, "dport": dport, "length": n,
             "pkt_type": pkt_type, "name": n * letter} for n in range(count)]
