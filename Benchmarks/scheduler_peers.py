"""The schedulers that are measured beside Scriptron: each is started with jobs that are all due at one instant, as its
own users would start it, and nothing of it stays.

Each job of a peer is `stamp FILE`, a static program that appends the time at which it began; Celery's worker writes it in
its own process. cron and bcron, which know minutes only, get an instant that begins one.
"""
import os
import shutil
import signal
import subprocess
import sys
import time

STAMP = r"""
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>
int main(int count, char **words) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    char line[40];
    int length = snprintf(line, sizeof line, "%lld.%09ld\n", (long long) now.tv_sec, now.tv_nsec);
    int file = count == 2 ? open(words[1], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666) : -1;
    return file < 0 || write(file, line, length) != length;
}
"""

APSCHEDULER = """
import datetime, subprocess, sys
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.blocking import BlockingScheduler
count, due, stamp, stamps = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3], sys.argv[4]
scheduler = BlockingScheduler(executors={"default": ThreadPoolExecutor(10)}, job_defaults={"misfire_grace_time": None})
for number in range(count):
    scheduler.add_job(
        subprocess.call, "date", [[stamp, stamps]], run_date=datetime.datetime.fromtimestamp(due), id=str(number))
print("ready", flush=True)
scheduler.start()
"""

CELERY = """
import os, time
from celery import Celery
from celery.schedules import crontab
app = Celery("bench", broker=os.environ["BENCH_BROKER"])
app.conf.task_ignore_result = True
app.conf.broker_connection_retry_on_startup = True
app.conf.timezone = None
app.conf.enable_utc = False
app.conf.worker_hijack_root_logger = False
due = time.localtime(float(os.environ["BENCH_DUE"]))
app.conf.beat_schedule = {
    str(number): {
        "task": "bench.stamp",
        "schedule": crontab(minute=due.tm_min, hour=due.tm_hour, day_of_month=due.tm_mday, month_of_year=due.tm_mon),
    } for number in range(int(os.environ["BENCH_COUNT"]))
}
@app.task(name="bench.stamp")
def stamp():
    began = time.time()
    with open(os.environ["BENCH_STAMPS"], "a") as file:
        file.write("%.9f\\n" % began)
"""


def build_stamp(directory):
    """The program of the peers' jobs."""
    source, program = os.path.join(directory, "stamp.c"), os.path.join(directory, "stamp")
    with open(source, "w") as file:
        file.write(STAMP)
    subprocess.run(["gcc", "-O2", "-static", "-o", program, source], check=True)
    return program


class Peer:
    """One scheduler. `start` loads `count` jobs that are due at `due` (seconds since the epoch)."""

    name = ""
    seconds_to_load = 5

    def __init__(self, directory, stamp, python):
        self.directory, self.stamp, self.python = directory, stamp, python
        self.stamps = os.path.join(directory, "stamps")
        self.children = []

    def path(self, name):
        return os.path.join(self.directory, name)

    def write(self, name, text, mode=0o644):
        with open(self.path(name), "w") as file:
            file.write(text)
        os.chmod(self.path(name), mode)
        return self.path(name)

    def spawn(self, argv, **keywords):
        child = subprocess.Popen(
            argv, cwd=self.directory, stdin=subprocess.DEVNULL, stdout=open(self.path("output"), "a"),
            stderr=subprocess.STDOUT, start_new_session=True, **keywords)
        self.children.append(child)
        return child

    def began(self):
        """When each job that ran began."""
        if not os.path.exists(self.stamps):
            return []
        with open(self.stamps) as file:
            return [float(line) for line in file if line.endswith("\n")]

    def stop(self):
        for child in reversed(self.children):
            # Their sessions are their own, so that nothing they started stays.
            try:
                os.killpg(child.pid, signal.SIGTERM)
            except ProcessLookupError:
                pass
            try:
                child.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
        self.children = []

    def pids(self):
        return [child.pid for child in self.children]

    def minute_table(self, count, due, user):
        at = time.localtime(due)
        line = f"{at.tm_min} {at.tm_hour} {at.tm_mday} {at.tm_mon} * {user}{self.stamp} {self.stamps}\n"
        return line * count


class Cron(Peer):
    name = "cron"

    @staticmethod
    def is_here(_):
        return os.path.exists("/usr/sbin/cron") and os.geteuid() == 0

    def start(self, count, due):
        table = self.write("table", self.minute_table(count, due, "root "))
        # In a mount namespace of its own: the machine's tables are not seen, and its pid file stays.
        script = (
            "mount -t tmpfs none /var/spool/cron && mkdir /var/spool/cron/crontabs && mount -t tmpfs none /etc/cron.d"
            f" && cp {table} /etc/cron.d/bench && mount -t tmpfs none /run && exec /usr/sbin/cron -f")
        self.spawn(["unshare", "-m", "sh", "-c", script])


class BCron(Peer):
    name = "bcron"
    root = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), ".build/scheduler-peers/bcron")

    @classmethod
    def is_here(cls, _):
        return os.path.exists(cls.root + "/usr/sbin/bcron-start") and os.geteuid() == 0

    def start(self, count, due):
        spool = self.path("spool")
        for name in ("crontabs", "tmp"):
            os.makedirs(f"{spool}/{name}", exist_ok=True)
        if not os.path.exists(f"{spool}/trigger"):
            os.mkfifo(f"{spool}/trigger")
        self.write("spool/crontabs/root", self.minute_table(count, due, ""))
        for name in ("", "/crontabs", "/tmp", "/trigger", "/crontabs/root"):
            shutil.chown(spool + name, "daemon", "daemon")
        os.chmod(self.directory, 0o755)
        environment = dict(
            os.environ, BCRON_SPOOL=spool, BCRON_USER="daemon", LD_LIBRARY_PATH=self.root + "/usr/lib",
            PATH=self.root + "/usr/sbin:" + os.environ["PATH"])
        self.spawn([self.root + "/usr/sbin/bcron-start"], env=environment)


class APScheduler(Peer):
    name = "apscheduler"

    @staticmethod
    def is_here(python):
        return os.path.exists(python)

    def start(self, count, due):
        script = self.write("aps.py", APSCHEDULER)
        self.spawn([self.python, script, str(count), str(due), self.stamp, self.stamps])


class Celery(Peer):
    name = "celery beat"
    seconds_to_load = 15

    @staticmethod
    def is_here(python):
        return os.path.exists(python) and shutil.which("redis-server") is not None

    def start(self, count, due):
        self.write("bench.py", CELERY)
        socket = self.path("redis.sock")
        self.spawn([
            "redis-server", "--port", "0", "--unixsocket", socket, "--save", "", "--dir", self.directory])
        deadline = time.monotonic() + 10
        while not os.path.exists(socket):
            if time.monotonic() > deadline:
                raise SystemExit("redis-server does not come up")
            time.sleep(0.05)
        environment = dict(
            os.environ, BENCH_BROKER=f"redis+socket://{socket}", BENCH_DUE=str(due), BENCH_COUNT=str(count),
            BENCH_STAMPS=self.stamps, C_FORCE_ROOT="1")
        celery = [os.path.join(os.path.dirname(self.python), "celery"), "-A", "bench"]
        self.spawn([*celery, "worker", "-c", "2", "-l", "ERROR"], env=environment)
        self.spawn([*celery, "beat", "-s", self.path("beat"), "-l", "ERROR"], env=environment)


ALL = [Cron, BCron, APScheduler, Celery]

if __name__ == "__main__":
    sys.exit("this is a part of Benchmarks/scheduler")
