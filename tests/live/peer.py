# SPDX-License-Identifier: Apache-2.0
"""A peer of a socket sink, as a process of its own that can be stopped and killed.

    peer.py KIND ADDRESS FILE

KIND: stream, datagram, seqpacket (ADDRESS is a path), tcp, udp (a port on loopback). What comes is
appended to FILE: of a stream the bytes, after a newline for each connection; of the others a line
each. It is looked at first, then written down, and only then taken: so what a kill takes away was
never read, as far as the kernel knows.
"""
import os
import select
import socket
import sys

KINDS = {"stream": (socket.AF_UNIX, socket.SOCK_STREAM),
         "datagram": (socket.AF_UNIX, socket.SOCK_DGRAM),
         "seqpacket": (socket.AF_UNIX, socket.SOCK_SEQPACKET),
         "tcp": (socket.AF_INET, socket.SOCK_STREAM),
         "udp": (socket.AF_INET, socket.SOCK_DGRAM)}
BUFFER = 64 * 1024  # of TCP: what a kill loses must be less than what the sink sends again


def serve(peer, out, stream):
    """Until the other side hangs up."""
    while True:
        data = peer.recv(1 << 20, socket.MSG_PEEK)
        if not data and stream:
            return
        os.write(out, data if stream else data + b"\n")
        peer.recv(len(data) or 1)


def main(kind, address, path):
    family, kind_of = KINDS[kind]
    out = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    server = socket.socket(family, kind_of)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if kind == "udp":  # nothing holds up who sends
        server.setsockopt(socket.SOL_SOCKET, 33, 32 << 20)  # SO_RCVBUFFORCE
    if kind == "tcp":
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
    if family == socket.AF_UNIX:
        if os.path.exists(address):
            os.unlink(address)
        server.bind(address)
    else:
        server.bind(("127.0.0.1", int(address)))
    if kind_of == socket.SOCK_DGRAM:
        print("ready", flush=True)
        serve(server, out, False)
    server.listen(8)
    print("ready", flush=True)
    while True:
        select.select([server], [], [])
        peer, _ = server.accept()
        if kind_of == socket.SOCK_STREAM:
            os.write(out, b"\n")
        try:
            serve(peer, out, kind_of == socket.SOCK_STREAM)
        except OSError:
            pass
        peer.close()


main(*sys.argv[1:])
