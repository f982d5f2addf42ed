# SPDX-License-Identifier: Apache-2.0
"""The service under a real, private systemd (tests/systemd-box). A test file runs a function of its
own inside: what begins with inside_ runs in there, as another process.

    def inside_x(folder): ...
    def test_x(): box.run(__file__, "x")
    box.main(globals())
"""
import os
import shutil
import subprocess
import sys
import tempfile

import harness


def installed(name, folder):
    """A unit as it is installed, with the programs and the config of the folder."""
    with open(os.path.join(harness.ROOT, "systemd", name), encoding="utf-8") as file:
        return (file.read().replace("/usr/bin/", f"{folder}/")
                .replace("/etc/ringmill/ringmill.yaml", f"{folder}/ringmill.yaml")
                .replace("SocketGroup=ringmill\n", ""))  # this machine need not have that group


def run(path, name, program="ringmilld", seconds=600, under=None):
    """Calls inside_NAME(folder) under a systemd that knows the installed units, with this build; what
    it prints is printed. The folder is gone after it. The tree and the build are seen in it, because
    where they lie may be hidden from the box (/tmp) or from its units (/root and /home). under: a
    program that runs the daemon, and gets the folder; its stderr is a file there, and what the
    function prints appears at once."""
    with tempfile.TemporaryDirectory(dir="/var/lib", prefix="ringmill-test.") as folder:
        os.chmod(folder, 0o755)
        shutil.copy(os.path.join(harness.BIN, program), os.path.join(folder, "ringmilld"))
        for more in (harness.RINGMILL, *([os.path.join(harness.BIN, under)] if under else [])):
            shutil.copy(more, folder)
        units, tree, build = (os.path.join(folder, part) for part in ("units", "tree", "build"))
        for part in (units, tree, build):
            os.mkdir(part)
        for unit in ("ringmilld.service", "ringmilld-control.socket"):
            harness.write_file(units, unit, installed(unit, folder).replace(
                "ExecStart=", f"StandardError=append:{folder}/stderr\n"
                f"ExecStart={folder}/{under} {folder} " if under else "ExecStart="))
        inside = os.path.join(tree, os.path.relpath(os.path.abspath(path), harness.ROOT))
        done = subprocess.run([os.path.join(harness.ROOT, "tests/systemd-box"),
                               "-t", str(seconds), "-b", f"{harness.ROOT}:{tree}",
                               "-b", f"{os.path.dirname(harness.BIN)}:{build}",
                               units, sys.executable, inside, "--inside", name, folder],
                              env=dict(os.environ, RINGMILL_BIN=os.path.join(
                                  build, os.path.basename(harness.BIN))),
                              capture_output=not under, text=True)
        assert done.returncode == 0, (done.stdout or "") + (done.stderr or "")
        print(done.stdout or "", end="")


def main(functions):
    if sys.argv[1:2] == ["--inside"]:
        try:
            functions[f"inside_{sys.argv[2]}"](sys.argv[3])
        finally:
            forget_backup()
    else:
        harness.main()


# ---- inside ----------------------------------------------------------------------------------


def systemctl(*arguments):
    done = subprocess.run(["systemctl", *arguments], capture_output=True, text=True)
    assert done.returncode == 0, (arguments, done.stdout + done.stderr, journal())
    return done.stdout.strip()


def show(name):
    return systemctl("show", "-P", name, "ringmilld")


def journal():
    return subprocess.run(["journalctl", "-q", "-o", "cat", "-u", "ringmilld"],
                          capture_output=True, text=True).stdout


def said(text):
    harness.wait_for(lambda: text in journal(), f"the daemon to say: {text}")


def kill():
    pid, restarts = show("MainPID"), int(show("NRestarts"))
    os.kill(int(pid), 9)
    harness.wait_for(lambda: int(show("NRestarts")) > restarts and
                     show("ActiveState") == "active", "the service to be there again")


def backup_folder():
    """Where the rings of sources with keep: fdstore are pinned besides: its own for each box."""
    return f"/sys/fs/bpf/ringmill/ringmilld+service-{os.stat('/run').st_dev:x}"


def backup():
    """What is pinned there."""
    return [os.path.join(folder, file) for folder, _, files in os.walk(backup_folder())
            for file in files]


def forget_backup():
    """The file system is the host's."""
    for folder, _, files in os.walk(backup_folder(), topdown=False):
        for file in files:
            os.unlink(os.path.join(folder, file))
        os.rmdir(folder)
