"""One shipped job beside its peers: a working directory of its own, programs timed with all that they start."""

import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time

from bench_host import BINARY, REPOSITORY


class Place:
    """A temporary directory with the repository's jobs and a configuration; use it in a `with` block."""

    def __init__(self, config, parent=None, binary=BINARY):
        self.config, self.parent, self.binary = config, parent, binary

    def __enter__(self):
        self.directory = tempfile.mkdtemp(prefix="scriptron-bench-", dir=self.parent)
        shutil.copytree(os.path.join(REPOSITORY, "jobs"), self.at("jobs"))
        with open(self.at("scriptron.lua"), "w") as file:
            file.write(self.config)
        os.chmod(self.directory, 0o755)
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.directory, ignore_errors=True)

    def at(self, name):
        return os.path.join(self.directory, name)

    def scriptron(self, *words):
        """The arguments of a command of the release binary."""
        return [self.binary, *words, "--config", self.at("scriptron.lua")]


def timed(argv, cwd, env=None):
    """Runs a program to its end. Returns seconds, CPU seconds of it and all its children, and the memory (MiB) of the
    largest of them. What was written before is on the disk before it starts."""
    os.sync()
    before = time.monotonic()
    process = subprocess.Popen(
        argv, cwd=cwd, env=dict(os.environ, **(env or {})), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - before
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(argv)} ends with {process.returncode}:\n{output.decode(errors='replace')[-2000:]}")
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


class Table:
    """Figures of contenders, one row each, with their ratio to the first one's median."""

    def __init__(self, title):
        self.title, self.rows = title, {}

    def add(self, name, seconds, cpu, rss, **more):
        row = self.rows.setdefault(name, {"seconds": [], "cpu": [], "rss": [], "more": {}})
        row["seconds"].append(seconds)
        row["cpu"].append(cpu)
        row["rss"].append(rss)
        row["more"].update(more)

    def show(self, as_json=False):
        first = None
        if not as_json:
            print(f"\n{self.title}")
            print(f"  {'':34} {'median s':>9} {'least':>7} {'most':>7} {'CPU s':>7} {'MiB':>6} {'ratio':>6}")
        for name, row in self.rows.items():
            median = statistics.median(row["seconds"])
            first = first or median
            cpu, rss = statistics.median(row["cpu"]), statistics.median(row["rss"])
            if as_json:
                print(json.dumps({
                    "table": self.title, "name": name, "seconds": row["seconds"], "median": median, "cpu": cpu,
                    "rss_mib": rss, "ratio": median / first, **row["more"],
                }))
                continue
            more = "  ".join(f"{key} {value}" for key, value in row["more"].items())
            print(
                f"  {name:34} {median:9.2f} {min(row['seconds']):7.2f} {max(row['seconds']):7.2f} {cpu:7.2f} {rss:6.0f} "
                f"{median / first:6.2f}  {more}", flush=True)
