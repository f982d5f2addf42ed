# SPDX-License-Identifier: Apache-2.0
"""Sources of the network beside the peer tools that run without kprobes: tcplife and gethostlatency of
libbpf-tools; and beside bpftrace programs on tracepoints, in place of tcpretrans, solisten and tcpaccept,
which need kprobes. The same events, field by field, both ways; docs/sources.md says what differs."""
import ctypes
import os
import signal
import socket
import struct
import subprocess
import tempfile

import harness
import tools
from network import FAMILIES, connected, listener, read_all

# the program that tools.mark() runs
MARK = "tracepoint:sched:sched_process_exec { printf(\"%s\\n\", str(args->filename)); } "
STATES = {2: "TCP_SYN_SENT", 1: "TCP_ESTABLISHED", 4: "TCP_FIN_WAIT1"}


def bpftrace(program):
    return ["bpftrace", "-B", "line", "-e", MARK + program]


def test_tcplife():
    """Its bytes are KiB, rounded to hundredths, with a byte for each SYN and FIN; it counts the time since the
    connection was established."""
    ports = set()

    def load():
        for family in FAMILIES:
            for size in (0, 999, 1_000_000):
                client, server, port = connected(family)
                ports.update((client.getsockname()[1], port))
                pid = os.fork()
                if pid == 0:
                    read_all(server, size)
                    server.sendall(b"a" * (size // 3))
                    os._exit(0)
                client.sendall(b"q" * size)
                read_all(client, size // 3)
                os.waitpid(pid, 0)
                client.close()
                assert server.recv(1) == b""
                server.close()

    def ours(event):
        if event["sport"] not in ports or event["dport"] not in ports:
            return None
        return event["pid"], event["comm"], event["saddr"], event["sport"], event["daddr"], event["dport"]

    def theirs(line):
        words = line.split()
        if len(words) != 9 or not words[3].isdigit() or not {int(words[3]), int(words[5])} <= ports:
            return None
        return int(words[0]), words[1], words[2], int(words[3]), words[4], int(words[5])

    pairs = tools.compare("tcp", ["tcplife"], load, ours, theirs)
    assert len(pairs) == 12, pairs
    for event, line in pairs:
        sent, received, ms = map(float, line.split()[6:])
        assert abs(sent * 1024 - event["bytes_sent"]) <= 8, (event, line)
        assert abs(received * 1024 - event["bytes_received"]) <= 8, (event, line)
        assert ms * 1e6 <= event["duration_ns"] + 1e4, (event, line)


def discard_all(end):
    program = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))  # return 0 bytes
    end.setsockopt(socket.SOL_SOCKET, 26, struct.pack("HxxxxxxP", 1, ctypes.addressof(program)))


def total_retrans(end):
    return struct.unpack_from("I", end.getsockopt(socket.SOL_TCP, socket.TCP_INFO, 104), 100)[0]


def test_retransmit():
    """As tcpretrans, which shows these fields."""
    ports = set()

    def load():
        made = [connected(family) for family in FAMILIES]
        for client, server, _ in made:
            ports.add(client.getsockname()[1])
            discard_all(server)
            client.sendall(b"x" * 10)
        for client, server, _ in made:
            harness.wait_for(lambda end=client: total_retrans(end) >= 2, "segments to be sent again")
            server.setsockopt(socket.SOL_SOCKET, 27, 0)
            read_all(server, 10)
            client.close()
            server.close()

    def ours(event):
        if event["sport"] not in ports:
            return None
        return event["sport"], event["dport"], event["state"], event["family"]

    def theirs(line):
        words = line.split()
        if words[:1] != ["R"] or int(words[1]) not in ports:
            return None
        return (int(words[1]), int(words[2]), STATES[int(words[3])],
                "AF_INET" if words[4] == "2" else "AF_INET6")

    program = ('tracepoint:tcp:tcp_retransmit_skb { '
               'printf("R %d %d %d %d\\n", args->sport, args->dport, args->state, args->family); }')
    assert len(tools.compare("retransmit", bpftrace(program), load, ours, theirs)) >= 4


def serve(count):
    """Listens with the backlogs 1 to count, accepts each once."""
    for number in range(count):
        with listener(list(FAMILIES)[number % 2], 1 + number) as made, \
                socket.socket(made.family) as client:
            client.connect(made.getsockname())
            made.accept()[0].close()


def test_listen():
    """As solisten: the calls, their backlogs, who made them."""
    def ours(event):
        return (event["pid"], event["comm"], event["backlog"]) if event["pid"] == os.getpid() else None

    def theirs(line):
        words = line.split()
        return (int(words[1]), words[2], int(words[3])) if words[:2] == ["L", str(os.getpid())] else None

    program = 'tracepoint:syscalls:sys_enter_listen { printf("L %d %s %d\\n", pid, comm, args->backlog); }'
    assert len(tools.compare("listen", bpftrace(program), lambda: serve(40), ours, theirs)) == 40


def test_accept():
    """As tcpaccept: the calls, the descriptors, who made them."""
    def ours(event):
        return (event["pid"], event["tid"], event["comm"], event["fd"]) \
            if event["pid"] == os.getpid() else None

    def theirs(line):
        words = line.split()
        return (int(words[1]), int(words[2]), words[3], int(words[4])) \
            if words[:2] == ["A", str(os.getpid())] else None

    program = ('tracepoint:syscalls:sys_exit_accept4 /args->ret >= 0/ '
               '{ printf("A %d %d %s %d\\n", pid, tid, comm, args->ret); }')
    assert len(tools.compare("accept", bpftrace(program), lambda: serve(40), ours, theirs)) == 40


def test_udp():
    """The calls of sendto() that are the first ones of a socket to a peer."""
    def load():
        for family, (number, address, _) in FAMILIES.items():
            with socket.socket(number, socket.SOCK_DGRAM) as one, socket.socket(number, socket.SOCK_DGRAM) as other:
                for count in range(3):
                    for end in (one, other):
                        for port in range(20000, 20010):
                            end.sendto(b"x" * (count + len(family)), (address, port))

    def ours(event):
        if event["pid"] != os.getpid() or event["direction"] != "OUTGOING":
            return None
        return event["pid"], event["comm"], event["dport"], event["length"]

    def theirs(line):
        words = line.split()
        if words[:2] != ["U", str(os.getpid())]:
            return None
        return int(words[1]), words[2], socket.ntohs(int(words[3])), int(words[4])

    program = ('tracepoint:syscalls:sys_enter_sendto /args->addr != 0/ { '
               '$address = (uint64)args->addr; $port = *(uint16*)uptr($address + 2); '
               '@[pid, args->fd, $port, args->addr_len]++; '
               'if (@[pid, args->fd, $port, args->addr_len] == 1) { '
               'printf("U %d %s %d %d\\n", pid, comm, $port, args->len); } }')
    assert len(tools.compare("udp", bpftrace(program), load, ours, theirs)) == 40


def look_up(_, name):
    """In a process of its own, which has not read another resolv.conf yet."""
    pid = os.fork()
    if pid == 0:
        try:
            socket.getaddrinfo(name, 80, socket.AF_INET)
        finally:
            os._exit(0)
    os.waitpid(pid, 0)


def test_gethostlatency():
    """The calls of getaddrinfo() and the queries that they cause; a name that is not there is asked for
    once. The time of a call is more than that of its query."""
    names = {f"n{number}.{os.getpid()}.test" for number in range(20)}  # nobody else asks for them
    folder = tempfile.TemporaryDirectory()
    path = harness.write_file(folder.name, "resolv.conf", "nameserver 127.0.0.1\noptions timeout:30\n")
    subprocess.run(["mount", "--bind", path, "/etc/resolv.conf"], check=True)

    def load():
        for name in names:
            look_up(None, name)

    def ours(event):
        if event["name"] not in names or event["kind"] != "ANSWER" or event["direction"] != "INCOMING":
            return None
        assert (event["type"], event["rcode"], event["matched"]) == ("A", "NXDOMAIN", True), event
        return event["pid"], event["comm"], event["name"]

    def theirs(line):
        words = line.split()
        return (int(words[1]), words[2], words[4]) if len(words) == 5 and words[4] in names else None

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 53))
        pid = os.fork()
        if pid == 0:
            while True:
                asked, peer = server.recvfrom(1000)
                server.sendto(asked[:2] + b"\x81\x83" + asked[4:], peer)
        try:
            pairs = tools.compare("dns", ["gethostlatency"], load, ours, theirs, mark_with=look_up)
        finally:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
    assert len(pairs) == len(names)
    for event, line in pairs:
        assert 0 < event["latency_ns"] <= float(line.split()[3]) * 1e6 + 1e3, (event, line)


harness.main()
