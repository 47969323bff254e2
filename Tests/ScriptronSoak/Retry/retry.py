"""Tasks of a queue while host and workers are killed: none lost, few done twice.

Usage: retry.py BINARY [--commands] [--tasks 20000] [--batch 100] [--every 3] [--seed 1]

Tasks are requests to a server on loopback, or with --commands programs, that note their number when they are done: 10 %
fail once, 1 % always. It ends only what it started.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

JOBS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "jobs")

CONFIGURATION = """
return {
  ceiling = { read = { "." }, write = { "var/tmp", "var/spool" }, run = { "sh" },
    connect = { "127.0.0.1:%(port)d" } },
  jobs = {
    health = { enabled = false }, sweep = { enabled = false },
    retry = {
      schedule = "every 1s", needs = { run = { "sh" }, write = { "var/tmp", "var/spool" }, connect = { "127.0.0.1:%(port)d" } },
      settings = {
        programs = { "sh" }, spool = "var/spool", spool_age = "0s", base = "0s", max_attempts = 3, max_crashes = 1000,
        batch = %(batch)d, breaker_failures = 0,
      },
    },
  },
}
"""


class Receiver(BaseHTTPRequestHandler):
    """Counts what it took: each number that is not to fail, by its address; the key must be the same at every try."""

    seen, done, keys, trouble, lock = Counter(), Counter(), {}, [], threading.Lock()

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        number = int(self.path[1:])
        with self.lock:
            self.seen[number] += 1
            key = self.headers["Idempotency-Key"]
            if self.keys.setdefault(number, key) != key:
                self.trouble.append(f"task {number} came with two keys")
            status = 500 if number % 100 == 50 else 503 if number % 10 == 0 and self.seen[number] == 1 else 204
            if status == 204:
                self.done[number] += 1
        self.send_response(status)
        self.send_header("Content-Length", "0") if status != 204 else None
        self.end_headers()

    def log_message(self, *words):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        # A client that was killed.
        pass


def children(pid):
    """The processes below a process, the nearest first."""
    found = []
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
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
            stdin=subprocess.DEVNULL)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def kill_worker(self):
        """Kills what runs below the zygote; whether there was anything."""
        zygotes = []
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as file:
            zygotes = list(map(int, file.read().split()))
        for zygote in zygotes:
            for worker in children(zygote):
                try:
                    with open(f"/proc/{worker}/comm") as file:
                        if file.read().strip() == "sh":
                            continue
                    os.kill(worker, signal.SIGKILL)
                    return True
                except OSError:
                    continue
        return False

    def command(self, *words):
        answer = subprocess.run(
            [self.binary, *words, "--json", "--config", "scriptron.lua"], cwd=self.place, capture_output=True,
            stdin=subprocess.DEVNULL, timeout=120)
        return [json.loads(line) for line in answer.stdout.splitlines()]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--commands", action="store_true", help="tasks are programs")
    parser.add_argument("--tasks", type=int, default=20000)
    parser.add_argument("--batch", type=int, default=100)
    parser.add_argument("--every", type=float, default=3, help="seconds between kills, on average")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--patience", type=float, default=3600)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    place = tempfile.mkdtemp(prefix="scriptron-retry-")
    os.chmod(place, 0o755)
    server = Server(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    host = Host(os.path.abspath(arguments.binary), place)
    try:
        shutil.copytree(JOBS, os.path.join(place, "jobs"))
        for name in ("var/tmp", "var/spool"):
            os.makedirs(os.path.join(place, name))
        with open(os.path.join(place, "scriptron.lua"), "w") as file:
            file.write(CONFIGURATION % {"batch": arguments.batch, "port": server.server_port})
        always = {number for number in range(arguments.tasks) if number % 100 == 50}
        for number in range(arguments.tasks):
            condition = "false" if number in always else "[ $TASK_ATTEMPT -gt 1 ]" if number % 10 == 0 else "true"
            task = {"command": ["sh", "-c", f"{condition} && echo {number} >>var/tmp/done"]}
            if not arguments.commands:
                task = {"url": f"http://127.0.0.1:{server.server_port}/{number}", "json": {"number": number}}
            with open(os.path.join(place, "var/spool", f"{number}.json"), "w") as file:
                json.dump(task, file)
        begin, kills = time.monotonic(), Counter()
        host.start()
        next_kill = time.monotonic() + arguments.every
        while True:
            if time.monotonic() - begin > arguments.patience:
                sys.exit("the queue was not worked off in time")
            time.sleep(0.2)
            if time.monotonic() < next_kill:
                continue
            # From here on the kills come at random moments.
            next_kill = time.monotonic() + chance.uniform(0.5, 1.5) * arguments.every
            rows = host.command("queue", "stats", "default")
            left = len(os.listdir(os.path.join(place, "var/spool")))
            if rows and left == 0 and rows[0]["ready"] + rows[0]["delayed"] + rows[0]["leased"] == 0:
                figures = rows[0]
                break
            if kills["host"] <= kills["worker"]:
                host.kill()
                host.start()
                kills["host"] += 1
            elif host.kill_worker():
                kills["worker"] += 1
        seconds = time.monotonic() - begin
        done = Receiver.done
        if arguments.commands:
            with open(os.path.join(place, "var/tmp/done")) as file:
                done = Counter(int(line) for line in file)
        expected = set(range(arguments.tasks)) - always
        twice = sum(done.values()) - len(done)
        report = {
            "tasks": arguments.tasks, "seconds": round(seconds, 1), "kills": dict(kills), "lost": len(expected - set(done)),
            "done_twice": twice, "dead": figures["dead"], "done": figures["done"], "crashed": figures["crashed"],
        }
        print(json.dumps(report))
        total = sum(kills.values())
        if set(done) != expected or figures["dead"] != len(always) or figures["done"] != len(expected):
            sys.exit("tasks were lost, or ended wrongly")
        if Receiver.trouble:
            sys.exit(Receiver.trouble[0])
        if twice > total * arguments.batch:
            sys.exit(f"{twice} tasks were done twice, more than a batch a kill")
    finally:
        if host.process and host.process.poll() is None:
            host.process.terminate()
            host.process.wait()
        shutil.rmtree(place, ignore_errors=True)


main()
