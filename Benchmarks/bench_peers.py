"""Schedulers side by side: each loads jobs, of which some are due at an instant, and says when they began.

A peer is used in a `with` block: `with Peer(loaded, due_count, due) as peer`. What is missing installs itself under
.build; all of a peer's processes end with the block.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import bench_process
from bench_host import BINARY, REPOSITORY, Host

BUILD = os.path.join(REPOSITORY, ".build/bench")
SOURCES = os.path.join(REPOSITORY, "Benchmarks/peers")
STAMP = os.path.join(BUILD, "stamp")
PYTHON = os.path.join(BUILD, "python/bin/python")
BCRON = os.path.join(BUILD, "bcron")


def run(*words, **options):
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, **options)


def install(*packages):
    run(os.path.join(REPOSITORY, "scripts/install-packages"), *packages)


def install_stamp():
    os.makedirs(BUILD, exist_ok=True)
    run("gcc", "-O2", "-static", "-o", STAMP, os.path.join(SOURCES, "stamp.c"))


def install_python():
    if not os.path.exists(os.path.join(BUILD, "python/ready")):
        install("python3", "python3-venv")
        run(sys.executable, "-m", "venv", os.path.join(BUILD, "python"))
        run(PYTHON, "-m", "pip", "install", "--quiet", "apscheduler==3.11.3", "celery[redis]==5.7.0", "packaging")
        open(os.path.join(BUILD, "python/ready"), "w").close()


def later_month():
    """A month in which nothing is due for long."""
    return (time.gmtime().tm_mon + 5) % 12 + 1


class Peer:
    """What all have in common: a directory, a file of stamps, processes below one."""

    name = ""
    # Whether it knows whole minutes only.
    minutely = True
    # Whether its jobs run inside its own processes, instead of a program each.
    inside = False
    patience = 120

    def __init__(self, loaded, due_count, due):
        self.loaded, self.due_count, self.due = loaded, due_count, due or 0
        self.processes_started = []

    @classmethod
    def install(cls):
        pass

    @classmethod
    def is_there(cls):
        return True

    def __enter__(self):
        self.directory = tempfile.mkdtemp(prefix="scriptron-bench-")
        os.chmod(self.directory, 0o755)
        self.stamps_file = os.path.join(self.directory, "stamps")
        self.log = open(os.path.join(self.directory, "log"), "w")
        started = time.monotonic()
        try:
            self.start()
            self.load_seconds = self.wait_until_loaded(started)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes_started):
            pids = bench_process.tree(process.pid)
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                pass
            for pid in pids:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            process.wait()
        self.log.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def spawn(self, words, **options):
        process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, cwd=self.directory, **options)
        self.processes_started.append(process)
        return process

    def wait_until_loaded(self, started):
        """The seconds from a start until it has nothing to do."""
        seconds = bench_process.settle(self.processes, self.patience * 5, quiet=0.5)
        if seconds is None or any(process.poll() is not None for process in self.processes_started):
            log = open(self.log.name).read()[-2000:]
            raise SystemExit(f"{self.name} did not load {self.loaded} jobs\n{log}")
        return seconds

    def processes(self):
        return [pid for process in self.processes_started for pid in bench_process.tree(process.pid)]

    def stamps(self):
        """When its jobs began, in epoch seconds."""
        if not os.path.exists(self.stamps_file):
            return []
        return [float(line) for line in open(self.stamps_file)]

    def crontab(self, user=""):
        """Lines for cron, in the machine's zone."""
        clock = time.localtime(self.due)
        command = f"{user}{STAMP} {self.stamps_file}\n"
        lines = [f"{clock.tm_min} {clock.tm_hour} * * * {command}"] * self.due_count
        return lines + [f"0 0 1 {later_month()} * {command}"] * (self.loaded - self.due_count)


class Scriptron(Peer):
    """Jobs in Lua, each in its sandbox, whose runs are on record before they start."""

    name = "scriptron"
    minutely = False
    body = "local began = time.precise() return { began = began }"
    needs = ""

    def script(self, schedule):
        return 'return job { schedule = "%s", %srun = function() %s end }\n' % (schedule, self.needs, self.body)

    def __enter__(self):
        clock = time.localtime(self.due)
        due = self.script(f"{clock.tm_sec} {clock.tm_min} {clock.tm_hour} * * *")
        other = self.script(f"0 0 1 {later_month()} *")
        self.host = Host({
            f"job-{number:06}": due if number < self.due_count else other for number in range(self.loaded)})
        self.host.__enter__()
        self.load_seconds = self.host.load_seconds
        return self

    def __exit__(self, *words):
        self.host.__exit__(*words)

    def processes(self):
        return self.host.processes()

    def stamps(self):
        # The command line reads runs by the thousand at most.
        if self.ended() < self.due_count:
            return []
        return [run["result"]["began"] for run in self.runs()]

    def runs(self):
        return self.host.rows("history", "-n", "10000", "--outcome", "succeeded")

    def ended(self):
        """How many runs the store has as succeeded, asked without the host."""
        import sqlite3
        database = sqlite3.connect(f"file:{self.host.directory}/var/scriptron.db?mode=ro", uri=True, timeout=5)
        try:
            return database.execute("SELECT count(*) FROM run WHERE outcome = 'succeeded'").fetchone()[0]
        finally:
            database.close()


class ScriptronProgram(Scriptron):
    """The same, but each job starts the program that the peers start."""

    name = "scriptron+program"

    def __enter__(self):
        self.stamps_directory = tempfile.mkdtemp(prefix="scriptron-bench-")
        self.stamps_file = os.path.join(self.stamps_directory, "stamps")
        self.needs = "needs = { run = { %s }, write = { %s } }, " % (json.dumps(STAMP), json.dumps(self.stamps_directory))
        self.body = "process.run { %s, %s }" % (json.dumps(STAMP), json.dumps(self.stamps_file))
        return super().__enter__()

    def __exit__(self, *words):
        super().__exit__(*words)
        shutil.rmtree(self.stamps_directory, ignore_errors=True)

    def stamps(self):
        return Peer.stamps(self)


class Cron(Peer):
    """Debian's cron, in a mount namespace of its own."""

    name = "cron"

    @classmethod
    def install(cls):
        install("cron")

    @classmethod
    def is_there(cls):
        return os.getuid() == 0

    def start(self):
        tables = os.path.join(self.directory, "tables")
        os.mkdir(tables)
        lines = self.crontab("root ")
        for start in range(0, len(lines), 1000):
            path = os.path.join(tables, f"bench-{start // 1000}")
            with open(path, "w") as file:
                file.writelines(lines[start:start + 1000])
            os.chmod(path, 0o644)
        self.spawn(["unshare", "-m", "sh", "-c", (
            "mount -t tmpfs none /var/spool/cron && mkdir /var/spool/cron/crontabs && mount -t tmpfs none /etc/cron.d"
            f" && cp {tables}/* /etc/cron.d/ && mount -t tmpfs none /run"
            " && { [ ! -e /etc/crontab ] || mount --bind /dev/null /etc/crontab; } && exec /usr/sbin/cron -f")])


class Bcron(Peer):
    """bcron, unpacked beside the system: its package cannot be installed together with cron."""

    name = "bcron"

    @classmethod
    def install(cls):
        if os.path.exists(os.path.join(BCRON, "usr/sbin/bcron-start")):
            return
        os.makedirs(BCRON, exist_ok=True)
        with tempfile.TemporaryDirectory() as directory:
            run("apt-get", "-qq", "download", "bcron", "libbg2", cwd=directory, stderr=subprocess.DEVNULL)
            for package in os.listdir(directory):
                run("dpkg", "-x", os.path.join(directory, package), BCRON)

    @classmethod
    def is_there(cls):
        return os.getuid() == 0

    def start(self):
        spool = os.path.join(self.directory, "spool")
        os.makedirs(os.path.join(spool, "crontabs"))
        os.makedirs(os.path.join(spool, "tmp"))
        table = os.path.join(spool, "crontabs/root")
        with open(table, "w") as file:
            file.writelines(self.crontab())
        os.chmod(table, 0o600)
        os.mkfifo(os.path.join(spool, "trigger"), 0o600)
        binaries = os.path.join(BCRON, "usr/sbin")
        self.spawn([os.path.join(binaries, "bcron-start")], env={
            "PATH": binaries + ":" + os.environ["PATH"], "LD_LIBRARY_PATH": os.path.join(BCRON, "usr/lib"),
            "BCRON_SPOOL": spool, "BCRON_USER": "root"})


class APScheduler(Peer):
    """APScheduler in a process of its own, whose jobs start a program each; no start is ever too late for it."""

    name = "apscheduler"
    minutely = False

    @classmethod
    def install(cls):
        install_python()

    def start(self):
        self.ready = os.path.join(self.directory, "ready")
        self.spawn([
            PYTHON, os.path.join(SOURCES, "apscheduler_jobs.py"), str(self.loaded), str(self.due_count), str(self.due),
            STAMP, self.stamps_file, self.ready])

    def wait_until_loaded(self, started):
        while not os.path.exists(self.ready):
            if self.processes_started[0].poll() is not None or time.monotonic() - started > 600:
                raise SystemExit("APScheduler did not start")
            time.sleep(0.05)
        return time.monotonic() - started


class Celery(Peer):
    """Celery's beat, a worker with two processes, and Redis between them; its tasks run in the worker."""

    name = "celery"
    inside = True
    patience = 300

    @classmethod
    def install(cls):
        install("redis-server")
        install_python()

    def start(self):
        socket = os.path.join(self.directory, "redis.sock")
        self.spawn(["redis-server", "--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no"])
        environment = dict(
            os.environ, PYTHONPATH=SOURCES, BENCH_SOCKET=socket, BENCH_DUE=str(self.due), BENCH_FILE=self.stamps_file,
            BENCH_LOADED=str(self.loaded), BENCH_DUE_COUNT=str(self.due_count), C_FORCE_ROOT="1",
            PYTHONDONTWRITEBYTECODE="1")
        while not os.path.exists(socket):
            time.sleep(0.05)
        words = [PYTHON, "-m", "celery", "--app", "celery_jobs"]
        self.spawn(words + ["worker", "--concurrency", "2", "--loglevel", "error"], env=environment)
        self.spawn(words + ["beat", "--schedule", os.path.join(self.directory, "beat")], env=environment)


ALL = [Scriptron, ScriptronProgram, Cron, Bcron, APScheduler, Celery]
