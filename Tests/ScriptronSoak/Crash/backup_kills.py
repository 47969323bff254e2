#!/usr/bin/env python3
"""Kills runs of the job backup at random moments: whatever is published then must restore, whole and of one version.

Usage: backup_kills.py BINARY ROUNDS SEED [RCLONE]
With RCLONE, a program that serves S3, each backup goes to a directory and a bucket, and now and then the server dies too.
Its last line is "backup kills: as expected", or it ends with an error.
"""
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

CONFIG = """local buckets = %s
return {
  ceiling = { read = { "." }, write = { "target", "out" }, run = {}, connect = { "127.0.0.1:*" },
    secrets = { "S3_KEY", "S3_SECRET" } },
  jobs = {
    backup = {
      settings = { paths = { "data" }, targets = { "target" }, buckets = buckets, keep = { last = 2 }, prove = "always" },
    },
    restore = { settings = { targets = { "target" } } },
    ["restore-bucket"] = { script = "restore.lua", settings = { targets = {}, buckets = buckets } },
  },
}
"""
BUCKET = """{
  { endpoint = "http://127.0.0.1:%d", bucket = "bucket", key = secret "S3_KEY", secret = secret "S3_SECRET" },
}"""


class Server:
    """rclone's server of S3, on a port of its own, for a quarter of an hour at most."""

    def __init__(self, program, place):
        self.program, self.place, self.process = program, place, None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        os.makedirs(f"{place}/s3/bucket")
        self.start()

    def start(self):
        with open(f"{self.place}/s3.log", "ab") as log:
            self.process = subprocess.Popen(
                ["timeout", "--kill-after=5", "900", self.program, "serve", "s3", "--config", "/dev/null", "--auth-key",
                 "the-key,the-secret", "--addr", f"127.0.0.1:{self.port}", f"{self.place}/s3"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        until = time.time() + 60
        while time.time() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        sys.exit("rclone does not answer")

    def kill(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def write(place, version):
    """All files say the version; noise makes them take their time."""
    for number in range(60):
        with open(f"{place}/data/{number}", "wb") as file:
            file.write(b"%d\n" % version + os.urandom(100_000))


def command(binary, place, *arguments):
    environment = dict(
        os.environ, SCRIPTRON_CONFIG=f"{place}/scriptron.lua", S3_KEY="the-key", S3_SECRET="the-secret")
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


def restored(binary, place, job="restore"):
    """The version that a restore brings back."""
    shutil.rmtree(f"{place}/out", ignore_errors=True)
    os.mkdir(f"{place}/out")
    finish(binary, place, "run", job, "--set", "from=backup", "--set", "into=out")
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


def check_left(directory):
    """Of what killed runs left nothing may be there."""
    left = sorted(os.listdir(directory))
    if len([name for name in left if name.endswith(".json")]) != 2 or len(left) != 6:
        sys.exit(f"this is left in {directory}: {left}")


def run(binary, rounds, place, server):
    for name in ("data", "target", "out", "jobs"):
        os.mkdir(f"{place}/{name}")
    repository = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../..")
    shutil.copytree(f"{repository}/jobs", f"{place}/jobs", dirs_exist_ok=True)
    with open(f"{place}/scriptron.lua", "w") as file:
        file.write(CONFIG % (BUCKET % server.port if server else "{}"))
    write(place, 0)
    began = time.time()
    finish(binary, place, "run", "backup")
    whole = time.time() - began
    jobs = ["restore", "restore-bucket"] if server else ["restore"]
    oldest = {job: 0 for job in jobs}
    killed, servers, published = 0, 0, {job: 0 for job in jobs}
    for version in range(1, rounds + 1):
        write(place, version)
        process = command(binary, place, "run", "backup")
        try:
            process.communicate(timeout=random.uniform(0, 1.3 * whole))
        except subprocess.TimeoutExpired:
            if server and random.random() < 0.3:
                # The run goes on, and tells.
                server.kill()
                servers += 1
                process.communicate()
            else:
                # Now and then its zygote and worker die in the same moment, else they are left to hear of it.
                if random.random() < 0.5:
                    os.killpg(process.pid, signal.SIGKILL)
                else:
                    process.kill()
                process.communicate()
                killed += 1
        if server and server.process.poll() is not None:
            server.start()
        for job in jobs:
            found = restored(binary, place, job)
            if not oldest[job] <= found <= version:
                sys.exit(f"{job}: version {found} came back, after {oldest[job]} was restored and {version} was written")
            published[job] += found == version
            oldest[job] = found
    # Twice: a server may go on with what a killed run had sent while the first of them looks.
    for version in (rounds + 1, rounds + 2):
        write(place, version)
        finish(binary, place, "run", "backup")
    for job in jobs:
        if restored(binary, place, job) != rounds + 2:
            sys.exit(f"{job}: the last backup is not what came back")
    check_left(f"{place}/target")
    if server:
        check_left(f"{place}/s3/bucket")
    counts = " and ".join(str(published[job]) for job in jobs)
    print(f"{rounds} rounds, {killed} killed, {servers} servers killed, {counts} published all the same")
    print("backup kills: as expected")


def main():
    binary, rounds, seed = os.path.abspath(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    rclone = os.path.abspath(sys.argv[4]) if len(sys.argv) > 4 else None
    random.seed(seed)
    place = tempfile.mkdtemp(prefix="backup-kills-")
    server = None
    try:
        server = Server(rclone, place) if rclone else None
        run(binary, rounds, place, server)
    finally:
        if server:
            server.kill()
        shutil.rmtree(place, ignore_errors=True)


main()
