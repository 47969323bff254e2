"""A working directory with the job rotate, the real binary in it, and a checker of what became of the logs.

The checker shares no code with what it checks: it reads names, gzip and (by the program zstd) zstd by itself.
"""

import ctypes
import gzip
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG = 1
REPOSITORY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../..")

CONFIGURATION = """return {
  ceiling = { read = { "." }, write = { "logs"%(more)s }, signal = { "%(writer)s" }, run = {}, connect = {} },
  jobs = {
    rotate = { schedule = "0 0 1 1 *", settings = { paths = { "logs/*.log" }, time = "never", %(settings)s } },
  },
}
"""

# What the process of a writer of these tests is called.
WRITER = os.path.basename(os.path.realpath(sys.executable))


def die_with_parent():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Place:
    """The directory; use it in a `with` block."""

    def __init__(self, binary, settings, more=""):
        self.binary = os.path.abspath(binary)
        self.settings = settings
        self.more = more

    def __enter__(self):
        self.directory = tempfile.mkdtemp(prefix="scriptron-rotate-")
        os.chmod(self.directory, 0o755)
        shutil.copytree(f"{REPOSITORY}/jobs", self.at("jobs"), dirs_exist_ok=True)
        for name in os.listdir(self.at("jobs")):
            if name not in ("rotate.lua", "lib"):
                os.unlink(self.at(f"jobs/{name}"))
        os.mkdir(self.at("logs"))
        self.configure(self.settings)
        self.environment = dict(os.environ, SCRIPTRON_CONFIG=self.at("scriptron.lua"))
        self.host = None
        return self

    def __exit__(self, *_):
        if self.host:
            self.host.send_signal(signal.SIGTERM)
            try:
                self.host.wait(30)
            except subprocess.TimeoutExpired:
                self.host.kill()
                self.host.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    def at(self, name):
        return os.path.join(self.directory, name)

    def configure(self, settings):
        with open(self.at("scriptron.lua"), "w") as file:
            file.write(CONFIGURATION % {"settings": settings, "more": self.more, "writer": WRITER})

    def serve(self):
        """Starts a host, and waits until it is up."""
        with open(self.at("host.log"), "wb") as log:
            self.host = subprocess.Popen(
                [self.binary, "serve"], cwd=self.directory, env=self.environment, stdin=subprocess.DEVNULL,
                stdout=log, stderr=subprocess.STDOUT, preexec_fn=die_with_parent)
        until = time.monotonic() + 60
        while " is up" not in open(self.at("host.log"), errors="replace").read():
            if self.host.poll() is not None or time.monotonic() > until:
                sys.exit("the host did not start:\n" + open(self.at("host.log"), errors="replace").read())
            time.sleep(0.05)

    def start(self, *words):
        """A command of the binary in a session of its own."""
        return subprocess.Popen(
            [self.binary, *words], cwd=self.directory, env=self.environment, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def rotate(self, *words, expect=0, patience=60):
        """Runs the job to its end: what it said. Again while what was killed still holds the state directory, and where
        the machine has so much to do that the job was not even loaded."""
        until = time.monotonic() + patience
        while True:
            process = self.start("run", "rotate", *words)
            output = process.communicate()[0].decode(errors="replace")
            if process.returncode == expect:
                return output
            again = process.returncode == 4 or "held" in output or "evaluating the header" in output
            if not again or time.monotonic() > until:
                sys.exit(f"run rotate ends with {process.returncode}, not {expect}:\n{output}")
            time.sleep(0.1)

    def names(self, folder="logs"):
        return sorted(os.listdir(self.at(folder)))


def content(path):
    """A file's bytes, decompressed."""
    if path.endswith(".gz"):
        with gzip.open(path) as file:
            return file.read()
    if path.endswith(".zst"):
        return subprocess.run(["zstd", "-dcq", path], check=True, stdout=subprocess.PIPE).stdout
    with open(path, "rb") as file:
        return file.read()


def generations(folder, log):
    """The names of a log's generations and its own, the oldest first. Any other name beside them is an error."""
    found = []
    for name in os.listdir(folder):
        if name == log or not name.startswith(log):
            continue
        match = re.fullmatch(r"(?:\.([1-9]\d*)|-(\d{8}-\d{6}))(?:\.zst|\.gz)?", name[len(log):])
        if not match:
            sys.exit(f"{name} is no name of a rotated log")
        found.append((-int(match[1]) if match[1] else int(match[2].replace("-", "")), name))
    keys = [key for key, _ in found]
    if len(set(keys)) != len(keys):
        sys.exit(f"two files are of the same rotation: {sorted(found)}")
    return [name for _, name in sorted(found)] + ([log] if os.path.exists(f"{folder}/{log}") else [])
