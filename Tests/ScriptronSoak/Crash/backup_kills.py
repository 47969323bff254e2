#!/usr/bin/env python3
"""Kills runs of the job backup at random moments: whatever is published then must restore, whole and of one version.

Usage: backup_kills.py BINARY ROUNDS SEED
Its last line is "backup kills: as expected", or it ends with an error.
"""
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

CONFIG = """return {
  ceiling = { read = { "." }, write = { "target", "out" }, run = {}, connect = {} },
  jobs = {
    backup = { settings = { paths = { "data" }, targets = { "target" }, keep = { last = 2 }, prove = "always" } },
    restore = { settings = { targets = { "target" } } },
  },
}
"""


def write(place, version):
    """All files say the version; noise makes them take their time."""
    for number in range(60):
        with open(f"{place}/data/{number}", "wb") as file:
            file.write(b"%d\n" % version + os.urandom(100_000))


def command(binary, place, *arguments):
    environment = dict(os.environ, SCRIPTRON_CONFIG=f"{place}/scriptron.lua")
    return subprocess.Popen(
        [binary, *arguments], cwd=place, env=environment, start_new_session=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def finish(binary, place, *arguments):
    """Runs to the end; again while what was killed still holds the state directory."""
    until = time.time() + 60
    while True:
        process = command(binary, place, *arguments)
        output = process.communicate()[0].decode(errors="replace")
        if process.returncode == 0:
            return output
        if "held" not in output and "lock" not in output or time.time() > until:
            sys.exit(f"{' '.join(arguments)} ends with {process.returncode}:\n{output}")
        time.sleep(0.1)


def restored(binary, place):
    """The version that a restore brings back."""
    shutil.rmtree(f"{place}/out", ignore_errors=True)
    os.mkdir(f"{place}/out")
    finish(binary, place, "run", "restore", "--set", "from=backup", "--set", "into=out")
    versions = set()
    for folder, _, names in os.walk(f"{place}/out"):
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                versions.add(int(file.readline()))
                if len(file.read()) != 100_000:
                    sys.exit(f"{name} was cut short")
    if len(versions) != 1:
        sys.exit(f"one backup holds the versions {versions}")
    return versions.pop()


def main():
    binary, rounds, seed = os.path.abspath(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    random.seed(seed)
    place = tempfile.mkdtemp(prefix="backup-kills-")
    try:
        for name in ("data", "target", "out", "jobs"):
            os.mkdir(f"{place}/{name}")
        repository = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../..")
        shutil.copytree(f"{repository}/jobs", f"{place}/jobs", dirs_exist_ok=True)
        with open(f"{place}/scriptron.lua", "w") as file:
            file.write(CONFIG)
        write(place, 0)
        began = time.time()
        finish(binary, place, "run", "backup")
        whole = time.time() - began
        oldest, killed, published = 0, 0, 0
        for version in range(1, rounds + 1):
            write(place, version)
            process = command(binary, place, "run", "backup")
            try:
                process.communicate(timeout=random.uniform(0, 1.3 * whole))
            except subprocess.TimeoutExpired:
                # Now and then its zygote and worker die in the same moment, else they are left to hear of it.
                if random.random() < 0.5:
                    os.killpg(process.pid, signal.SIGKILL)
                else:
                    process.kill()
                process.communicate()
                killed += 1
            found = restored(binary, place)
            if not oldest <= found <= version:
                sys.exit(f"version {found} came back, after {oldest} was restored and {version} was written")
            published += found == version
            oldest = found
        write(place, rounds + 1)
        finish(binary, place, "run", "backup")
        if restored(binary, place) != rounds + 1:
            sys.exit("the last backup is not what came back")
        left = sorted(os.listdir(f"{place}/target"))
        if len([name for name in left if name.endswith(".json")]) != 2 or any(name.startswith(".") for name in left):
            sys.exit(f"this is left: {left}")
        print(f"{rounds} rounds, {killed} killed, {published} published all the same")
        print("backup kills: as expected")
    finally:
        shutil.rmtree(place, ignore_errors=True)


main()
