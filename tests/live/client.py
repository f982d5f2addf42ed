# SPDX-License-Identifier: Apache-2.0
"""`ringmill status` and `reload` against things that are not a daemon in good shape."""
import os
import socket
import subprocess
import tempfile
import threading

import harness


def ask(answers, *options, command="status", each=False, **popen):
    """What `ringmill status` says of a server that sends these pieces and hangs up. each: one to each
    connection."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "socket")
        server = socket.socket(socket.AF_UNIX)
        server.bind(path)
        server.listen()

        def serve():
            for pieces in ([answer] for answer in answers) if each else [answers]:
                connection, _ = server.accept()
                try:
                    for piece in pieces:
                        connection.sendall(piece)
                except OSError:
                    pass
                connection.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        done = subprocess.run([harness.RINGMILL, command, "--socket", path, *options],
                              timeout=harness.PATIENCE, stderr=subprocess.PIPE, text=True,
                              **{"stdout": subprocess.PIPE, **popen})
        thread.join()
        return done.returncode, done.stderr.replace(path, "SOCKET")


def test_hangs_up_at_once():
    assert ask([]) == (2, "ringmill: error: unexpected reply on SOCKET: not ringmilld, or overloaded\n")


def test_never_stops_talking():
    code, errors = ask([b"HTTP/1.0 200 OK\r\n\r\n"] + [b"x" * 65536] * 2000)
    assert code == 2 and errors.startswith("ringmill: error: the reply on SOCKET is longer than")


def test_talks_nonsense():
    for answer in (b"hello", b"HTTP/1.0 200 OK\r\n\r\nnot json", b"HTTP/1.0 500 no\r\n\r\n{}"):
        code, errors = ask([answer])
        assert code == 2 and errors.startswith("ringmill: error: "), (answer, errors)


def test_started_again_in_a_reload():
    """The one that answers now was never asked."""
    answers = [b'HTTP/1.0 200 OK\r\n\r\n{"asked": %d, "ended": 0, "outcome": "none"}' % asked
               for asked in (1, 1, 0)]
    code, errors = ask(answers, command="reload", each=True)
    assert code == 1 and "restarted before the reload was complete" in errors, (code, errors)


def test_output_that_cannot_be_written():
    with open("/dev/full", "w", encoding="utf-8") as full:
        code, errors = ask([b'HTTP/1.0 200 OK\r\n\r\n{"healthy": true}'], "--json", stdout=full)
    assert code == 2 and "cannot write to standard output" in errors


def test_nobody_there():
    code, _, errors = harness.run("status", "--socket", "/nowhere/socket", program=harness.RINGMILL)
    assert code == 2
    assert errors == ("ringmill: error: no ringmilld answers on /nowhere/socket; is it running?\n")


harness.main(needs_bpf=False)
