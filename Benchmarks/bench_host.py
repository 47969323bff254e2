"""A host of its own for a benchmark: a temporary directory, generated jobs, the release binary."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time

REPOSITORY = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BINARY = os.path.join(REPOSITORY, ".build/release/scriptron")


class Host:
    """A running `scriptron serve`. `jobs` maps names to scripts; use it in a `with` block."""

    def __init__(self, jobs, binary=BINARY, patience=600):
        self.binary = binary
        self.jobs = jobs
        self.patience = patience

    def __enter__(self):
        self.directory = tempfile.mkdtemp(prefix="scriptron-bench-")
        os.mkdir(os.path.join(self.directory, "jobs"))
        self.config = os.path.join(self.directory, "scriptron.lua")
        self.write("scriptron.lua", 'return { jobs_dir = "jobs", state_dir = "var", ceiling = {} }\n')
        for name, script in self.jobs.items():
            self.write(f"jobs/{name}.lua", script)
        self.output = open(os.path.join(self.directory, "output"), "w")
        started = time.monotonic()
        self.process = subprocess.Popen(
            [self.binary, "serve", "--config", self.config], stdout=self.output, stderr=self.output,
            stdin=subprocess.DEVNULL)
        while self.loaded() < len(self.jobs):
            if self.process.poll() is not None or time.monotonic() - started > self.patience:
                text = open(os.path.join(self.directory, "output")).read()
                raise SystemExit(f"the host did not load {len(self.jobs)} jobs:\n{text[:2000]}")
            time.sleep(0.2)
        self.load_seconds = time.monotonic() - started
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.output.close()
        shutil.rmtree(self.directory)

    def write(self, name, text):
        with open(os.path.join(self.directory, name), "w") as file:
            file.write(text)

    def rows(self, *words):
        """The objects that a command prints with --json; none where the host does not answer."""
        answer = subprocess.run(
            [self.binary, *words, "--json", "--config", self.config], capture_output=True, text=True)
        return [json.loads(line) for line in answer.stdout.splitlines()] if answer.returncode == 0 else []

    def loaded(self):
        rows = self.rows("status")
        return rows[0]["jobs"]["loaded"] if rows else -1

    def processes(self):
        """The pids of the host and all below it."""
        return tree_of([self.process.pid])

    def cpu_seconds(self):
        """User and system time of all its processes, and of children they waited for."""
        return cpu_seconds(self.processes())

    def memory(self):
        """PSS and RSS of all its processes, in bytes."""
        return memory(self.processes())


def tree_of(pids):
    """These processes and all below them."""
    children = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                stat = open(f"/proc/{entry}/stat").read()
            except OSError:
                continue
            children.setdefault(int(stat.rsplit(")", 1)[1].split()[1]), []).append(int(entry))
    found, todo = [], list(pids)
    while todo:
        pid = todo.pop()
        found.append(pid)
        todo += children.get(pid, [])
    return found


def cpu_seconds(pids):
    """User and system time of processes, and of children they waited for."""
    ticks = 0
    for pid in pids:
        try:
            fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        ticks += sum(int(field) for field in fields[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def memory(pids):
    """PSS and RSS of processes, in bytes."""
    pss = rss = 0
    for pid in pids:
        try:
            lines = open(f"/proc/{pid}/smaps_rollup").readlines()
        except OSError:
            continue
        for line in lines:
            if line.startswith("Pss:"):
                pss += int(line.split()[1]) * 1024
            if line.startswith("Rss:"):
                rss += int(line.split()[1]) * 1024
    return pss, rss


def wake_ups(pids):
    """How often the threads of processes gave up the processor of themselves."""
    count = 0
    for pid in pids:
        try:
            threads = os.listdir(f"/proc/{pid}/task")
        except OSError:
            continue
        for thread in threads:
            try:
                for line in open(f"/proc/{pid}/task/{thread}/status"):
                    if line.startswith("voluntary_ctxt_switches:"):
                        count += int(line.split()[1])
            except OSError:
                pass
    return count


def quantile(values, share):
    """The value that this share of them stays within."""
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))]
