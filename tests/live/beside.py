# SPDX-License-Identifier: Apache-2.0
"""Built-in sources beside the peer tools that Debian packages: the same events, field by field, both
ways. What differs by design is left out of the rows, and said in docs/sources.md."""
import os
import signal
import socket
import subprocess
import tempfile

import harness
import tools


def fields(line, count):
    """The words of a line, the last with all the rest; None: it has fewer."""
    words = line.split(None, count - 1)
    return words if len(words) == count else None


def test_execsnoop():
    """It shows the name of the file in place of argv[0], and 20 arguments at most."""
    count, parent = 100, os.getpid()

    def load():
        for i in range(count):
            subprocess.run(["/bin/true", str(i), "--option=value", "two words"][:1 + i % 4],
                           executable="/bin/true", check=True)

    def ours(event):
        if event["ppid"] != parent or event["filename"] != "/bin/true":
            return None
        return (event["comm"], event["pid"], event["uid"], 0,
                " ".join([event["filename"], *event["args"][1:]]))

    def theirs(line):
        words = fields(line, 6)
        if not words or words[3] != str(parent) or not words[5].startswith("/bin/true"):
            return None
        return words[1], int(words[2]), int(words[0]), int(words[4]), words[5].rstrip(" ")

    assert len(tools.compare("exec", ["execsnoop", "-U"], load, ours, theirs, by_cgroup="-c")) == count


def test_opensnoop():
    """Of open and openat, which is all that it traces."""
    with tempfile.TemporaryDirectory() as folder:
        here = os.getpid()

        def load():
            for i in range(100):
                path = os.path.join(folder, str(i))
                flags = os.O_CREAT | os.O_WRONLY if i % 3 else os.O_RDONLY
                try:
                    os.close(os.open(path, flags | (os.O_EXCL if i % 2 else 0)))
                except FileNotFoundError:
                    pass

        def ours(event):
            if event["pid"] != here or not (event["path_arg"] or "").startswith(folder):
                return None
            return (event["uid"], event["pid"], event["comm"], event["fd"], event["error"],
                    event["flags"], event["path_arg"])

        def theirs(line):
            words = fields(line, 7)
            if not words or words[1] != str(here) or not words[6].startswith(folder):
                return None
            return (int(words[0]), int(words[1]), words[2], int(words[3]), int(words[4]),
                    int(words[5], 8), words[6])

        def mark(folder, name):
            os.close(os.open(os.path.join(folder, name), os.O_CREAT | os.O_WRONLY))

        # -p, because it loses what others do on a busy machine
        command = ["opensnoop", "-U", "-e", "-p", str(here)]
        assert len(tools.compare("open", command, load, ours, theirs, mark_with=mark)) == 100


def test_exitsnoop():
    """It shows a process when its main thread ends; the status and the age agree to the last digit shown."""
    parent = os.getpid()

    def load():
        for code in (0, 1, 3, 255):
            subprocess.run(["sh", "-c", f"exit {code}"], check=False)
        for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGUSR1):
            subprocess.run(["sh", "-c", f"kill -{number} $$"], check=False)

    def ours(event):
        if event["ppid"] != parent or event["comm"] != "sh":
            return None
        number = event["signal"]
        number = number if isinstance(number, int) else getattr(signal, number)
        return event["comm"], event["pid"], event["ppid"], int(number), event["exit_code"]

    def theirs(line):
        words = fields(line, 6)
        if not words or words[2] != str(parent) or words[0] != "sh":
            return None
        how, number = (words[5] if " " in words[5] else f"code {words[5]}").split()[:2]
        return (words[0], int(words[1]), int(words[2]), int(number) if how == "signal" else 0,
                int(number) if how == "code" else 0)

    pairs = tools.compare("exit", ["exitsnoop"], load, ours, theirs, by_cgroup="-c")
    assert len(pairs) == 7
    for event, line in pairs:
        assert abs(event["lifetime_ns"] / 1e9 - float(fields(line, 6)[4])) < 0.011, (event, line)


def test_sigsnoop():
    """Its target is a thread, and so is the sender's name."""
    target = subprocess.Popen(["sleep", "1000"])
    here = os.getpid()

    def load():
        for number in (signal.SIGCONT, signal.SIGWINCH, signal.SIGURG, signal.SIGCHLD) * 20:
            os.kill(target.pid, number)
        target.kill()
        target.wait()

    def ours(event):
        if event["pid"] != here or event["target_pid"] != target.pid:
            return None
        return event["pid"], event["comm"], int(getattr(signal, event["signal"])), event["target_tid"]

    def theirs(line):
        words = fields(line, 6)
        if not words or words[1] != str(here) or words[4] != str(target.pid):
            return None
        return int(words[1]), words[2], int(words[3]), int(words[4])

    assert len(tools.compare("signal", ["sigsnoop"], load, ours, theirs)) == 81


def test_tcpstates():
    """It shows the task that runs when the state changes, which is often another one than the socket's, so
    the process is compared where the task changes it itself."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        own = ("SYN_SENT", "FIN_WAIT1", "LAST_ACK")

        def load():
            for _ in range(20):
                client = socket.create_connection(("127.0.0.1", port))
                peer, _ = server.accept()
                client.close()
                peer.close()

        def ours(event):
            if port not in (event["sport"], event["dport"]):
                return None
            states = [event[name].removeprefix("TCP_") for name in ("oldstate", "newstate")]
            # a port that is not chosen yet: it shows that of the socket's last use
            return (event["saddr"], event["sport"], event["daddr"], event["dport"], *states,
                    event["pid"] if states[1] in own else None)

        def theirs(line):
            words = fields(line, 11)
            if not words or str(port) not in (words[4], words[6]):
                return None
            return (words[3], int(words[4]), words[5], int(words[6]), words[7], words[9],
                    int(words[1]) if words[9] in own else None)

        assert len(tools.compare("connect", ["tcpstates"], load, ours, theirs)) >= 20 * 8


harness.main()
