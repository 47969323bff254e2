#!/usr/bin/env python3
"""Kills hosts, zygotes and workers at random moments, with jobs due every second, and has the store checked.

    crash.py BINARY kills [--hosts N] [--zygotes N] [--workers N] [--seed N] [--keep]
    crash.py BINARY SCENARIO                       one of those in scenarios.py

Exit code 0 where everything is as it should be; 1 with what is not. It stops by itself, and ends only processes that
it started.
"""

import argparse
import os
import random
import signal
import sqlite3
import sys
import time

sys.dont_write_bytecode = True

import checker
import scenarios
from host import Place, Trouble, wait_for

JOBS = [
    # Some of its runs take 0.2 to 0.8 s, before and after their witness, so that kills hit both.
    checker.Job("tick"),
    # Longer than its period: it is passed over while it runs.
    checker.Job("slow"),
    # Never run again.
    checker.Job("once", redo=False),
]


def make_jobs(place):
    place.job("tick", before="(fire_time % 5) * 0.1", after="(fire_time * 7 % 5) * 0.1")
    place.job("slow", before="0.9", after="0.3")
    place.job("once", redo=False, after="0.3")


def newest_success(place):
    """The newest fire time of `tick` that has succeeded."""
    path = os.path.join(place.state, "store", "scriptron.db")
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)
    try:
        query = "SELECT max(fire_time) FROM run WHERE job = 'tick' AND outcome = 'succeeded'"
        return (database.execute(query).fetchone()[0] or 0) / checker.MICRO
    finally:
        database.close()


def kill_hosts(place, count, dice):
    """Kills the host: three times in ten while it starts, else while it runs. The number of starts that were cut."""
    early = 0
    for _ in range(count):
        if dice.random() < 0.3:
            early += 1
            place.kill()
            place.start(wait=False)
            time.sleep(dice.uniform(0, 0.4))
            place.kill()
        else:
            time.sleep(dice.uniform(0.1, 1.7))
            place.kill()
        # At once, or after some fire times were missed.
        time.sleep(dice.choice([0, 0, 0.3, dice.uniform(0, 2.5)]))
        place.start()
    return early


def kill_zygotes(place, count, dice):
    for _ in range(count):
        time.sleep(dice.uniform(0.05, 1.5))
        zygote = wait_for("there is a zygote", 20, place.zygote)
        os.kill(zygote, signal.SIGKILL)
        wait_for("another zygote", 20, lambda: place.zygote() not in (None, zygote))


def kill_workers(place, count, dice):
    for _ in range(count):
        time.sleep(dice.uniform(0.05, 0.9))
        workers = wait_for("there is a worker", 20, place.workers, every=0.002)
        time.sleep(dice.choice([0, dice.uniform(0, 0.1)]))
        try:
            os.kill(dice.choice(workers), signal.SIGKILL)
        except ProcessLookupError:
            pass


def kills(binary, arguments):
    # Bounded whatever happens: the alarm ends this process, and the host dies with it.
    signal.alarm(60 + 15 * (arguments.hosts + arguments.zygotes + arguments.workers))
    dice = random.Random(arguments.seed)
    place = Place(binary)
    began = time.monotonic()
    good = False
    try:
        make_jobs(place)
        up_at = place.start()
        early = kill_hosts(place, arguments.hosts, dice)
        kill_zygotes(place, arguments.zygotes, dice)
        kill_workers(place, arguments.workers, dice)
        after = time.time()
        wait_for("a fire time after the last kill succeeded", 30, lambda: newest_success(place) > after, every=0.2)
        code = place.stop()
        account = checker.check(place.state, JOBS, up_at, killed_workers=arguments.workers)
        account.expect(code == 0, f"SIGTERM ended the host with code {code}")
        left = place.processes()
        account.expect(not left, f"processes are left of a host that ended: {left}")
        account.expect(
            account.figures["succeeded"] > arguments.hosts, "hardly a run succeeded: the test shows nothing")
        good = not account.wrong
        print(
            f"kills: {arguments.hosts} of the host (seed {arguments.seed}; {early} more while it started), "
            f"{arguments.zygotes} of the zygote, {arguments.workers} of workers; "
            f"{place.starts} starts, {time.monotonic() - began:.0f} s")
        report(account)
    except Trouble as trouble:
        print(f"wrong: {trouble}")
    finally:
        if not good:
            print("".join("  host: " + line + "\n" for line in place.said().splitlines()[-25:]), end="")
            if arguments.keep:
                print(f"kept: {place.directory}")
        place.close(keep=arguments.keep and not good)
    return good


def report(account):
    names = [
        "seconds", "runs", "attempts", "succeeded", "redone", "lost", "failed", "missed", "skipped", "witnesses",
    ]
    print("account: " + ", ".join(f"{account.figures[name]} {name}" for name in names))
    if account.open_runs:
        print("left to be run at the next start: " + "; ".join(account.open_runs))
    for text in account.wrong[:40]:
        print("wrong: " + text)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("what", choices=["kills", *scenarios.ALL])
    parser.add_argument("--hosts", type=int, default=0)
    parser.add_argument("--zygotes", type=int, default=0)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="leave the directory of a test that failed")
    arguments = parser.parse_args()
    if arguments.what == "kills":
        good = kills(arguments.binary, arguments)
    else:
        good = scenarios.run(arguments.what, arguments.binary, arguments.keep)
    print(f"{arguments.what}: " + ("as expected" if good else "NOT as expected"))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
