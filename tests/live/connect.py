# SPDX-License-Identifier: Apache-2.0
"""TCP connections: each change of state, with both ends, of both families, and whose it was. Each
test has a network namespace of its own, so that the ports of others do not matter."""
import json
import os
import subprocess
import sys

import harness

# Runs in a fresh network namespace: connects, closes at the client's end first, says what it did.
PROGRAM = """
import fcntl, json, os, socket, struct, sys
probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
fcntl.ioctl(probe, 0x8914, struct.pack("16sh", b"lo", 1))  # SIOCSIFFLAGS: IFF_UP
family, address = (socket.AF_INET6, "::1") if sys.argv[1] == "6" else (socket.AF_INET, "127.0.0.1")
listener = socket.socket(family)
listener.bind((address, 0))
listener.listen(1)
client = socket.socket(family)
client.connect(listener.getsockname())
server = listener.accept()[0]
ports = client.getsockname()[1], listener.getsockname()[1]
client.shutdown(socket.SHUT_WR)
server.recv(1)
server.close()
client.recv(1)
client.close()
listener.close()
refused = socket.socket(family)
try:
    refused.connect((address, 1))
except ConnectionRefusedError:
    pass
refused.close()
print(json.dumps({"client": ports[0], "server": ports[1], "pid": os.getpid(),
                  "netns": os.stat("/proc/self/ns/net").st_ino}))
"""


def traced(family):
    daemon = harness.Daemon("run", "connect", program=harness.RINGMILL).wait_running()
    done = subprocess.run(["unshare", "--net", sys.executable, "-c", PROGRAM, family],
                          stdout=subprocess.PIPE, check=True)
    assert daemon.stop() == 0, daemon.stderr
    daemon.books()
    facts = json.loads(done.stdout)
    events = [event for event in daemon.events() if event["netns"] == facts["netns"]]
    # another network namespace has had the same number before, or has it after
    own = [number for number, event in enumerate(events) if event["pid"] == facts["pid"]]
    return facts, events[own[0]:own[-1] + 1]


def changes(events, **ends):
    return [(event["oldstate"][4:], event["newstate"][4:]) for event in events
            if all(event[key] == value for key, value in ends.items())]


def check(family, name, address, anywhere):
    facts, events = traced(family)
    client, server, pid = facts["client"], facts["server"], facts["pid"]
    assert {event["family"] for event in events} == {name}
    assert changes(events, dport=server) == [
        ("CLOSE", "SYN_SENT"), ("SYN_SENT", "ESTABLISHED"), ("ESTABLISHED", "FIN_WAIT1"),
        ("FIN_WAIT1", "FIN_WAIT2"), ("FIN_WAIT2", "CLOSE")], events
    assert changes(events, sport=server, dport=client) == [
        ("LISTEN", "SYN_RECV"), ("SYN_RECV", "ESTABLISHED"), ("ESTABLISHED", "CLOSE_WAIT"),
        ("CLOSE_WAIT", "LAST_ACK"), ("LAST_ACK", "CLOSE")], events
    assert changes(events, sport=server, dport=0) == [("CLOSE", "LISTEN"), ("LISTEN", "CLOSE")]
    assert changes(events, dport=1) == [("CLOSE", "SYN_SENT"), ("SYN_SENT", "CLOSE")], events
    for event in events:
        listens = "TCP_LISTEN" in (event["oldstate"], event["newstate"]) and event["dport"] == 0
        assert event["saddr"] == address
        assert event["daddr"] == (anywhere if listens else address)
        known = event["sport"] != server or listens or \
            event["newstate"] not in ("TCP_SYN_RECV", "TCP_ESTABLISHED")  # not accepted yet
        assert event["pid_known"] == known, event
        assert event["pid"] == (pid if known else None), event
        assert (event["comm"] or "").startswith("python3") == known, event
        assert event["netns"] == facts["netns"], event
        assert event["mntns"] is None or known, event
        assert (event["ancestor_pids"] or [None])[0] == (os.getpid() if known else None), event
        assert (event["ancestors"] is None) == (not known) == (event["ancestor_count"] is None), event
        assert event["uid"] == os.getuid()


def test_ipv4():
    check("4", "AF_INET", "127.0.0.1", "0.0.0.0")


def test_ipv6():
    check("6", "AF_INET6", "::1", "::")


harness.main()
