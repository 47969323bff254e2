"""Tasks of a queue while host and workers are killed: none lost, few done twice.

Usage: retry.py BINARY [--tasks 20000] [--batch 100] [--every 2] [--seed 1]

Tasks come by a spool and go as requests to an nginx on loopback, whose access log is the witness: 10 % fail once, 1 %
always. After it the store's file and the log are compared, by nothing of the host. It ends only what it started; its
last line is "retry: as expected", or it ends with an error.
"""

import argparse
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict

sys.dont_write_bytecode = True

from nginx import LIBC, PR_SET_PDEATHSIG, Nginx, always_fails, fails_once

JOBS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "jobs")
MOST_ATTEMPTS = 3

# So many crashes are no poison here: the kills are ours.
CONFIGURATION = """
return {
  ceiling = { read = { "." }, write = { "var/spool" }, connect = { "127.0.0.1:%(port)d" } },
  jobs = {
    retry = {
      schedule = "every 1s",
      settings = {
        connect = { "127.0.0.1:%(port)d" }, spool = "var/spool", spool_age = "0s", base = "0s",
        max_attempts = %(attempts)d, max_crashes = 20, batch = %(batch)d, breaker_failures = 0, per_host_time = 0,
      },
    },
  },
}
"""


def children(pid):
    """The processes below a process, the nearest first."""
    found = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children") as file:
                for child in map(int, file.read().split()):
                    found.append(child)
                    found += children(child)
    except OSError:
        pass
    return found


class Host:
    def __init__(self, binary, place):
        self.binary, self.place, self.process = binary, place, None

    def start(self):
        self.log = open(os.path.join(self.place, "serve.log"), "ab")
        self.process = subprocess.Popen(
            [self.binary, "serve", "--config", "scriptron.lua"], cwd=self.place, stdout=self.log, stderr=self.log,
            stdin=subprocess.DEVNULL, preexec_fn=lambda: LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL))

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def kill_worker(self, chance):
        """Kills one of the processes below a zygote; whether there was any."""
        workers = [worker for zygote in children(self.process.pid) for worker in children(zygote)]
        if not workers:
            return False
        try:
            os.kill(chance.choice(workers), signal.SIGKILL)
        except OSError:
            return False
        return True

    def said(self):
        with open(os.path.join(self.place, "serve.log"), errors="replace") as file:
            return file.read()[-3000:]


def read(place, query):
    """The rows of a query on the store; none while there is no store."""
    path = os.path.join(place, "var", "store", "scriptron.db")
    try:
        database = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)
        try:
            return database.execute(query).fetchall()
        finally:
            database.close()
    except sqlite3.OperationalError:
        return []


def is_over(place):
    if os.listdir(os.path.join(place, "var", "spool")):
        return False
    rows = read(place, "SELECT count(*), coalesce(sum(state <> 'dead'), 0) FROM task")
    return bool(rows) and rows[0][0] > 0 and rows[0][1] == 0


def check(place, tasks, batch, kills, witnesses):
    """What is wrong, as texts; and the figures."""
    wrong = []
    done, keys, tries, seen = Counter(), defaultdict(set), Counter(), defaultdict(list)
    for number, attempt, status, key in witnesses:
        keys[number].add(key)
        tries[number, attempt] += 1
        seen[number].append((attempt, status))
        if status == 204:
            done[number] += 1
    always = {number for number in range(tasks) if always_fails(number)}
    expected = set(range(tasks)) - always
    lost = expected - set(done)
    if lost:
        wrong.append(f"{len(lost)} tasks were never done: {sorted(lost)[:10]}")
    if set(done) - expected:
        wrong.append(f"tasks that always fail were done: {sorted(set(done) - expected)[:10]}")
    for number in range(tasks):
        if len(keys[number]) != 1:
            wrong.append(f"task {number} came with the keys {keys[number]}")
        if fails_once(number) and (seen[number][0] != (1, 503) or (2, 204) not in seen[number]):
            wrong.append(f"task {number}, which fails once, went {seen[number]}")
        if number in always and {attempt for attempt, _ in seen[number]} != set(range(1, MOST_ATTEMPTS + 1)):
            wrong.append(f"task {number}, which always fails, went {seen[number]}")
    if len({key for each in keys.values() for key in each}) != tasks:
        wrong.append("two tasks share a key")
    left = read(place, "SELECT state, attempts, json_extract(body, '$.json.number'), error FROM task")
    if {row[2] for row in left} != always or len(left) != len(always):
        wrong.append(f"{len(left)} tasks are left in the queue, {len(always)} always fail")
    for state, attempts, number, error in left:
        if state != "dead" or attempts != MOST_ATTEMPTS or not error.startswith("the server answered 500"):
            wrong.append(f"task {number} is left {state} after {attempts} tries: {error}")
    figures = read(place, "SELECT done, failed, crashed FROM queue WHERE name = 'default'")[0]
    if figures[0] != len(expected):
        wrong.append(f"the queue counts {figures[0]} done of {len(expected)}")
    twice = sum(done.values()) - len(done)
    again = sum(count - 1 for count in tries.values())
    if again > kills * batch:
        wrong.append(f"{again} tries were made twice, more than a batch a kill")
    report = {
        "lost": len(lost), "dead": len(left), "done": figures[0], "done_twice": twice, "tries_twice": again,
        "requests": len(witnesses), "crashed": figures[2],
    }
    return wrong, report


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--tasks", type=int, default=20000)
    parser.add_argument("--batch", type=int, default=100)
    parser.add_argument("--every", type=float, default=2, help="seconds between kills, on average")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--patience", type=float, default=3600)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    place = tempfile.mkdtemp(prefix="scriptron-retry-")
    os.chmod(place, 0o755)
    host, server = Host(os.path.abspath(arguments.binary), place), None
    try:
        server = Nginx(place)
        shutil.copytree(os.path.join(JOBS, "lib"), os.path.join(place, "jobs", "lib"))
        shutil.copy(os.path.join(JOBS, "retry.lua"), os.path.join(place, "jobs"))
        os.makedirs(os.path.join(place, "var", "spool"))
        with open(os.path.join(place, "scriptron.lua"), "w") as file:
            file.write(CONFIGURATION % {"batch": arguments.batch, "port": server.port, "attempts": MOST_ATTEMPTS})
        for number in range(arguments.tasks):
            task = {"url": f"http://127.0.0.1:{server.port}/{number}", "json": {"number": number}}
            with open(os.path.join(place, "var", "spool", f"{number}.json"), "w") as file:
                json.dump(task, file)
        begin, kills = time.monotonic(), Counter()
        host.start()
        next_kill = time.monotonic() + arguments.every
        while not is_over(place):
            if time.monotonic() - begin > arguments.patience:
                sys.exit(f"the queue was not worked off in time: {host.said()}")
            time.sleep(0.05)
            if host.process.poll() is not None:
                sys.exit(f"the host ended by itself: {host.said()}")
            if time.monotonic() < next_kill:
                continue
            # From here on the kills come at random moments.
            next_kill = time.monotonic() + chance.uniform(0.5, 1.5) * arguments.every
            if kills["host"] <= kills["worker"]:
                host.kill()
                host.start()
                kills["host"] += 1
            elif host.kill_worker(chance):
                kills["worker"] += 1
        seconds = time.monotonic() - begin
        host.process.terminate()
        host.process.wait(60)
        server.stop()
        wrong, report = check(place, arguments.tasks, arguments.batch, sum(kills.values()), server.witnesses())
        print(json.dumps({"tasks": arguments.tasks, "seconds": round(seconds, 1), "kills": dict(kills), **report}))
        for text in wrong[:20]:
            print("wrong: " + text)
        if wrong or not kills["host"]:
            sys.exit("retry: NOT as expected")
        print("retry: as expected")
    finally:
        if host.process and host.process.poll() is None:
            host.process.kill()
            host.process.wait()
        if server and server.process.poll() is None:
            server.stop()
        shutil.rmtree(place, ignore_errors=True)


main()
