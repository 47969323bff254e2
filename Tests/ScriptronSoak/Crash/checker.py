"""Accounts for every second of a crash test: the store against what the runs themselves left behind.

It shares no code with the host. It reads the store's file as SQLite shows it, and the witness file, to which every
attempt appended `fire_time run attempt`, with fsync, when its work was done.
"""

import collections
import os
import sqlite3

MICRO = 1_000_000


class Job:
    """What the checker has to know of a job: it is due every second."""

    def __init__(self, name, redo=True):
        self.name = name
        self.redo = redo


class Account:
    """The findings of one check: what is wrong, and the figures."""

    def __init__(self):
        self.wrong = []
        self.figures = collections.Counter()
        self.open_runs = []

    def expect(self, holds, text):
        if not holds:
            self.wrong.append(text)


def rows(database, query, *values):
    return [dict(row) for row in database.execute(query, values)]


def read_witnesses(path, account):
    """(fire time, run, attempt) of each line; a line that is torn was never a witness, but is only there after a cut."""
    witnesses = []
    if not os.path.exists(path):
        return witnesses
    with open(path, encoding="ascii") as file:
        for line in file.read().splitlines():
            words = line.split()
            if len(words) == 3 and all(word.isdigit() for word in words):
                witnesses.append(tuple(int(word) for word in words))
            else:
                account.wrong.append(f"the witness file has a line that is none: {line!r}")
    return witnesses


def check(state_dir, jobs, up_at=None, killed_workers=0):
    """Checks the store of a host that is not running any more.

    jobs: the jobs that were there from the first start to the end. up_at: when the first host said that it was up.
    killed_workers: how many workers were killed: that many runs may have failed.
    """
    account = Account()
    database = sqlite3.connect(f"file:{state_dir}/store/scriptron.db?mode=ro", uri=True)
    database.row_factory = sqlite3.Row
    verdict = [row[0] for row in database.execute("PRAGMA integrity_check")]
    account.expect(verdict == ["ok"], f"the store is damaged: {verdict}")
    for job in jobs:
        check_job(database, state_dir, job, up_at, account)
    failed = account.figures["failed"]
    account.expect(
        failed <= killed_workers, f"{failed} runs failed, but only {killed_workers} workers were killed")
    database.close()
    return account


def check_job(database, state_dir, job, up_at, account):
    runs = rows(database, "SELECT * FROM run WHERE job = ? ORDER BY id", job.name)
    ranges = rows(database, "SELECT * FROM missed WHERE job = ?", job.name)
    cursor = rows(database, "SELECT * FROM cursor WHERE job = ?", job.name)
    attempts = collections.defaultdict(list)
    query = "SELECT a.* FROM attempt a JOIN run r ON a.run = r.id WHERE r.job = ? ORDER BY a.run, a.number"
    for row in rows(database, query, job.name):
        attempts[row["run"]].append(row)
    if not cursor:
        account.wrong.append(f"{job.name}: it has no cursor")
        return
    scheduled = [run for run in runs if run["trigger"] == "schedule"]
    check_seconds(job, scheduled, ranges, cursor[0]["accounted_until"], up_at, account)
    for run in runs:
        check_run(job, run, attempts[run["id"]], account)
    witnesses = read_witnesses(os.path.join(state_dir, "tmp", "witness", job.name), account)
    check_witnesses(job, runs, attempts, witnesses, account)


def check_seconds(job, runs, ranges, until, up_at, account):
    """Each second from the first to the cursor is a run's or in exactly one range; never both, never neither."""
    places = collections.defaultdict(list)
    for run in runs:
        account.expect(
            run["fire_time"] % MICRO == 0, f"{job.name}: run {run['id']} has a fire time that is no second")
        account.expect(
            run["claimed"] >= run["fire_time"], f"{job.name}: run {run['id']} was claimed before it was due")
        places[run["fire_time"] // MICRO].append(f"run {run['id']}")
    for row in ranges:
        first, last = row["from"], row["to"]
        if first % MICRO or last % MICRO or last < first:
            account.wrong.append(f"{job.name}: range {row['id']} is from {first} to {last}")
            continue
        seconds = range(first // MICRO, last // MICRO + 1)
        account.expect(
            len(seconds) == row["count"],
            f"{job.name}: range {row['id']} ({seconds[0]} to {seconds[-1]}) counts {row['count']} of {len(seconds)}")
        for second in seconds:
            places[second].append(f"range {row['id']} ({row['kind']}: {row['reason']})")
        account.figures[row["kind"]] += len(seconds)
    if not places:
        account.wrong.append(f"{job.name}: nothing is accounted for")
        return
    first, last = min(places), max(places)
    account.expect(until == last * MICRO, f"{job.name}: the cursor stands at {until}, the last account at {last}")
    if up_at is not None:
        account.expect(
            first <= int(up_at) + 1, f"{job.name}: the host was up at {up_at:.3f}, its first second is {first}")
    for second in range(first, last + 1):
        found = places.get(second, [])
        account.expect(found, f"{job.name}: second {second} is lost")
        account.expect(len(found) < 2, f"{job.name}: second {second} is accounted for twice: {', '.join(found)}")
    account.figures["seconds"] += last - first + 1


def check_run(job, run, attempts, account):
    """A run's own row agrees with its attempts."""
    name = f"{job.name}: run {run['id']}"
    numbers = [row["number"] for row in attempts]
    account.expect(numbers == list(range(1, run["attempts"] + 1)), f"{name} has the attempts {numbers}")
    account.expect(run["cuts"] <= 2, f"{name} was cut {run['cuts']} times")
    account.expect(all(row["outcome"] for row in attempts), f"{name} has an attempt without an outcome")
    account.expect(
        [row["outcome"] for row in attempts[:-1]].count("succeeded") == 0, f"{name} went on after it had succeeded")
    account.figures["runs"] += 1
    account.figures["attempts"] += len(attempts)
    if run["state"] != "ended":
        # What a stop in order leaves: claimed and never started, or cut by it and to be redone.
        left = run["state"] == "waiting" and run["outcome"] is None
        account.expect(left, f"{name} is left {run['state']}")
        account.open_runs.append(f"{job.name} {run['fire_time'] // MICRO} ({len(attempts)} attempts)")
        return
    outcome = run["outcome"]
    account.figures[outcome] += 1
    if len(attempts) > 1:
        account.figures["redone"] += 1
    account.expect(outcome in ("succeeded", "failed", "lost"), f"{name} ended {outcome}: {run['reason']}")
    if attempts:
        account.expect(attempts[-1]["outcome"] == outcome, f"{name} is {outcome}, its last attempt is not")
    if outcome == "lost":
        account.expect(
            run["cuts"] == (2 if job.redo else 1), f"{name} was given up after {run['cuts']} cuts: {run['reason']}")
        account.expect(len(attempts) == run["cuts"], f"{name} was cut {run['cuts']} times in {len(attempts)} attempts")
    if outcome == "failed":
        account.expect("SIGKILL" in (run["reason"] or ""), f"{name} failed: {run['reason']}")


def check_witnesses(job, runs, attempts, witnesses, account):
    """Every attempt that succeeded has its one witness, and no fire time has two of such attempts."""
    by_id = {run["id"]: run for run in runs}
    seen = collections.Counter(witnesses)
    for witness, times in seen.items():
        fire_time, run_id, number = witness
        run = by_id.get(run_id)
        if run is None or run["fire_time"] != fire_time * MICRO:
            account.wrong.append(f"{job.name}: a witness of {fire_time} names run {run_id}, which is not that one")
            continue
        account.expect(times == 1, f"{job.name}: run {run_id}, attempt {number}, has {times} witnesses")
        known = any(row["number"] == number for row in attempts[run_id])
        account.expect(known, f"{job.name}: run {run_id} has a witness of an attempt {number}, which it never had")
    # The file's order is that of time: no attempt was at work when a later one had begun its own.
    order = [witness[1:] for witness in witnesses]
    for earlier, later in zip(order, order[1:]):
        account.expect(earlier <= later, f"{job.name}: the witness of {later} (run, attempt) came after {earlier}")
    done = collections.Counter()
    for run in runs:
        for row in attempts[run["id"]]:
            if row["outcome"] != "succeeded":
                continue
            done[run["fire_time"]] += 1
            witness = (run["fire_time"] // MICRO, run["id"], row["number"])
            account.expect(
                seen[witness] == 1, f"{job.name}: run {run['id']} succeeded in attempt {row['number']}, unwitnessed")
    for fire_time, times in done.items():
        account.expect(times == 1, f"{job.name}: {fire_time // MICRO} succeeded {times} times")
    account.figures["witnesses"] += len(witnesses)
