#!/usr/bin/env python3
"""A host with a hundred jobs due every second, and whatever may befall it: rounds of faults, each followed by an account.

    faults.py BINARY [--rounds 300] [--jobs 100] [--seed 1] [--only KIND] [--keep]

A round kills the host, its zygote or a worker at a random moment, sets the clock by one second to two days, fills the
store's disk, locks the store, or takes descriptors or processes from the host. The clock is one that only a debug binary
has (SCRIPTRON_TEST_CLOCK). As root the state directory is a small file system of its own, in a mount namespace of this
script's own.

Exit code 0 where every second is accounted for once after every round; 1 with what is wrong. It stops by itself, and
ends only processes that it started.
"""

import argparse
import ctypes
import json
import math
import os
import random
import resource
import signal
import sqlite3
import sys
import time
from collections import Counter

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Crash"))

import ledger
from host import LIBC, Place, Trouble, children, wait_for

CLONE_NEWNS = 0x20000
MS_REC, MS_PRIVATE = 16384, 1 << 18
MNT_DETACH = 2

CONFIGURATION = """
return {
  ceiling = { read = { "." }, write = { "witness" }, run = {} },
}
"""

JOB = """
return job {
  about    = "Leave a witness of each second",
  schedule = "* * * * * *",
  timeout  = "60s",
  catch_up = "%(catch_up)s",
  priority = "%(priority)s",
  needs    = function() return { write = { "witness" } } end,
  run = function(settings, this)
    local second = math.floor(this.fire_time)
    %(pause)s
    fs.append("witness/" .. this.job, string.format("%%d %%d %%d\\n", second, this.id, this.attempt))
  end,
}
"""

# Seconds that a host may lag behind its clock, on a machine that others use.
LAG = 45


class Rounds:
    def __init__(self, binary, jobs, seed):
        self.dice = random.Random(seed)
        self.place = Place(binary)
        self.faults = Counter()
        self.offset = 0.0
        self.steps = []
        self.is_root = os.getuid() == 0
        if self.is_root:
            self.mount("size=256m")
        os.mkdir(self.at("witness"))
        self.clock = self.at("clock")
        self.set_clock(0)
        os.environ["SCRIPTRON_TEST_CLOCK"] = self.clock
        with open(self.at("scriptron.lua"), "w", encoding="ascii") as file:
            file.write(CONFIGURATION)
        self.jobs = [f"j{number:03}" for number in range(jobs - 1)] + ["rescue"]
        for number, job in enumerate(self.jobs):
            values = {
                "catch_up": "none" if number % 5 == 4 else "once",
                "priority": "rescue" if job == "rescue" else "normal",
                # A few take longer than their period: they are passed over meanwhile.
                "pause": "time.sleep((second % 7) * 0.4)" if number % 20 == 3 else "",
            }
            with open(os.path.join(self.place.directory, "jobs", job + ".lua"), "w", encoding="ascii") as file:
                file.write(JOB % values)
        self.firsts = {}
        self.coming = math.inf
        self.last = None
        self.failures = 0

    def at(self, name):
        return os.path.join(self.place.directory, name)

    # The file system of the state directory.

    def mount(self, options):
        if LIBC.unshare(CLONE_NEWNS) or LIBC.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None):
            raise Trouble("no mount namespace of its own: " + os.strerror(ctypes.get_errno()))
        if LIBC.mount(b"faults", self.place.state.encode(), b"tmpfs", 0, options.encode()):
            raise Trouble("no file system of its own: " + os.strerror(ctypes.get_errno()))

    # The clock.

    def set_clock(self, offset):
        self.offset = offset
        with open(self.clock + ".new", "w", encoding="ascii") as file:
            file.write(f"{offset!r}\n")
        os.rename(self.clock + ".new", self.clock)

    def now(self):
        return time.time() + self.offset

    def step(self, slack=3):
        """One second to two days, forward or back; never so far that the years would add up."""
        size = math.exp(self.dice.uniform(0, math.log(2 * 86400)))
        if self.dice.random() < 0.5 or self.offset > 5 * 86400:
            size = -size
        if self.offset + size < -5 * 86400:
            size = -size
        before = self.now()
        self.set_clock(self.offset + size)
        self.steps.append(round(size, 1))
        if size < 0:
            # What lies between the two is due again, and what lies before all that was ever seen is due now.
            # As soon as the host has seen it.
            self.coming = min(self.coming, int(before + size) + slack)

    # The faults: each leaves a host that is up.

    def kill_host(self):
        self.place.kill()
        if self.dice.random() < 0.3:
            self.place.start(wait=False)
            time.sleep(self.dice.uniform(0, 0.6))
            self.place.kill()
        if self.dice.random() < 0.3:
            self.step(slack=40)
            self.faults["steps while down"] += 1
        time.sleep(self.dice.choice([0, 0, self.dice.uniform(0, 2)]))
        self.place.start()

    def kill_zygote(self):
        zygote = wait_for("there is a zygote", 30, self.place.zygote)
        os.kill(zygote, signal.SIGKILL)
        wait_for("another zygote", 30, lambda: self.place.zygote() not in (None, zygote))

    def kill_worker(self):
        for _ in range(200):
            workers = self.place.workers()
            if workers:
                try:
                    os.kill(self.dice.choice(workers), signal.SIGKILL)
                except ProcessLookupError:
                    pass
                return
            time.sleep(0.01)

    def step_clock(self):
        self.step()
        if self.dice.random() < 0.3:
            time.sleep(self.dice.uniform(0, 0.2))
            self.step()

    def fill_disk(self):
        """The disk is full for a while: the host lives, and the job of rescue goes on."""
        filler = os.open(self.at("var/filler"), os.O_CREAT | os.O_WRONLY, 0o600)
        try:
            try:
                while True:
                    os.write(filler, bytes(65536))
            except OSError:
                pass
            # Then it has its reserve, which nobody takes from it here; the others wait.
            wait_for("the host notices that its disk is full", 40, lambda: "the disk is full" in self.place.said(self.mark))
            done = self.done("rescue")
            wait_for(
                "runs of rescue while the disk is full", 30, lambda: self.done("rescue") > done + 1, every=0.2)
            time.sleep(self.dice.uniform(0, 1.5))
        finally:
            os.close(filler)
            os.unlink(self.at("var/filler"))
        wait_for("the host finds room again", 30, lambda: "there is room again" in self.place.said(self.mark))

    def lock_store(self):
        """Another process holds the store locked, now and then for longer than the host waits for it."""
        database = sqlite3.connect(self.at("var/store/scriptron.db"), timeout=10, isolation_level=None)
        try:
            database.execute("BEGIN IMMEDIATE")
            time.sleep(self.dice.choice([0.2, 1, 6.5]))
            database.execute("ROLLBACK")
        except sqlite3.OperationalError:
            pass
        finally:
            database.close()

    def take_descriptors(self):
        """The host, or its zygote, may open no further file for a while."""
        pid = self.place.process.pid if self.dice.random() < 0.5 else self.place.zygote()
        if not pid:
            return
        soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        used = len(os.listdir(f"/proc/{pid}/fd"))
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (min(used, soft), hard))
        time.sleep(self.dice.uniform(0.2, 3))
        try:
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))
        except ProcessLookupError:
            pass

    # The rounds.

    def kinds(self):
        kinds = {
            "kill_host": 30, "kill_zygote": 14, "kill_worker": 16, "step_clock": 24, "lock_store": 4,
            "take_descriptors": 4,
        }
        if self.is_root:
            kinds["fill_disk"] = 8
        return kinds

    def one(self, kind):
        self.mark = len(self.place.said().encode("utf-8", "replace"))
        time.sleep(self.dice.uniform(0.05, 0.9))
        getattr(self, kind)()
        self.faults[kind] += 1
        time.sleep(self.dice.uniform(0.05, 0.7))

    def check(self, is_over=False):
        account = ledger.look(self.place.state, self.at("witness"), self.jobs, self.firsts, is_over)
        self.last = account
        return account.wrong

    def is_behind(self):
        """How many seconds the job that is furthest behind its clock is so, or None."""
        now = self.now()
        path = self.at("var/store/scriptron.db")
        database = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)
        try:
            rows = dict(database.execute("SELECT job, accounted_until FROM cursor"))
        finally:
            database.close()
        behind = [now - rows.get(job, 0) / 1e6 for job in self.jobs]
        ahead = min(behind)
        if ahead < -2:
            return -ahead
        return max(behind) if max(behind) > 3 else None

    def done(self, job):
        """How many runs of a job succeeded."""
        path = self.at("var/store/scriptron.db")
        database = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)
        try:
            query = "SELECT count(*) FROM run WHERE job = ? AND outcome = 'succeeded'"
            return database.execute(query, (job,)).fetchone()[0]
        finally:
            database.close()

    def run(self, rounds, only):
        self.mark = 0
        up_at = self.place.start()
        self.firsts = {job: int(up_at) + 2 for job in self.jobs}
        time.sleep(2)
        kinds = self.kinds()
        if only:
            kinds = {kind: weight for kind, weight in kinds.items() if kind in only.split(",")}
        began = time.monotonic()
        for number in range(1, rounds + 1):
            kind = self.dice.choices(list(kinds), list(kinds.values()))[0]
            try:
                self.one(kind)
                if self.place.process.poll() is not None:
                    raise Trouble(f"the host ended with code {self.place.process.returncode}")
            except Trouble as trouble:
                return [f"round {number}, {kind}: {trouble}"]
            wrong = self.check()
            if wrong:
                return [f"round {number}, {kind} (clock {self.offset:+.0f} s): {text}" for text in wrong]
            # Nobody is silenced, by whatever clock there was.
            try:
                wait_for("all jobs are where the clock is", LAG, lambda: self.is_behind() is None, every=0.1)
            except Trouble:
                return [f"round {number}, {kind}: a job is {self.is_behind()} s away from the clock"]
            self.firsts = {job: min(first, self.coming) for job, first in self.firsts.items()}
            self.coming = math.inf
            if number % 25 == 0:
                print(f"  {number} rounds, {time.monotonic() - began:.0f} s: {dict(self.last.figures)}", flush=True)
        code = self.place.stop(patience=60)
        wrong = self.check(is_over=True)
        if code != 0:
            wrong.append(f"SIGTERM ended the host with code {code}")
        if self.place.processes():
            wrong.append(f"processes are left: {self.place.processes()}")
        return wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--jobs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="kinds of faults, with commas")
    parser.add_argument("--keep", action="store_true", help="leave the directory of a test that failed")
    arguments = parser.parse_args()
    # Bounded whatever happens: the alarm ends this process, and the host dies with it.
    signal.alarm(120 + 30 * arguments.rounds)
    rounds = None
    good = False
    began = time.monotonic()
    try:
        rounds = Rounds(arguments.binary, arguments.jobs, arguments.seed)
        wrong = rounds.run(arguments.rounds, arguments.only)
        good = not wrong
        for text in wrong[:25]:
            print("wrong: " + text)
        figures = rounds.last.figures if rounds.last else {}
        steps = rounds.steps or [0]
        print(json.dumps({
            "seed": arguments.seed, "jobs": arguments.jobs, "seconds": round(time.monotonic() - began, 1),
            "faults": dict(rounds.faults), "starts": rounds.place.starts, "steps": len(rounds.steps),
            "furthest_step": max(steps, key=abs), "account": dict(figures),
        }))
    except Trouble as trouble:
        print(f"wrong: {trouble}")
    finally:
        if rounds:
            if not good:
                print("".join("  host: " + line + "\n" for line in rounds.place.said().splitlines()[-30:]), end="")
            if arguments.keep and not good:
                print(f"kept: {rounds.place.directory}")
                if rounds.is_root:
                    # The file system goes with this process.
                    import shutil
                    shutil.copytree(rounds.place.state, rounds.at("kept"), ignore_dangling_symlinks=True,
                        ignore=shutil.ignore_patterns("*.sock"))
            if rounds.is_root:
                LIBC.umount2(rounds.place.state.encode(), MNT_DETACH)
            rounds.place.close(keep=arguments.keep and not good)
    print("faults: " + ("as expected" if good else "NOT as expected"))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
