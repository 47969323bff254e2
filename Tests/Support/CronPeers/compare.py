#!/usr/bin/env python3
"""Compares fire times with those that cronsim and croniter find.

Usage: compare.py FILE      (with the Python that has them: make cron-peers)

Each line of FILE is a zone, an expression, an instant and the fire times that follow it, between tabs; the times between
blanks. What is printed, also between tabs:

    PEER CLASS COUNT        how many lines differ from the peer in a known way (docs/schedules.md says which and why),
                            or in none (`unlisted`), and how many are the `same`
    example PEER CLASS …    one of each class
    check ZONE EXPRESSION INSTANT TIME…
                            a line that differs from cronsim, up to the first time that does: somebody else must judge it
"""

import collections
import multiprocessing
import re
import signal
import sys
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

from croniter import CroniterError, croniter
from cronsim import CronSim, CronSimError

UTC = timezone.utc
RANGE_OF_ONE = re.compile(r"(?<![\d/])(\d+)-\1(?!\d)")
RANGE_OF_ONE_STEP = re.compile(r"(?<![\d/])(\d+)-\1/")


class TooLong(Exception):
    pass


def alarm(*_):
    raise TooLong


def offset(zone, instant):
    return int(datetime.fromtimestamp(instant, zone).utcoffset().total_seconds())


def changes(zone, start, end):
    """The changes of offset between two instants: when, the offset before, the offset after."""
    found, step = [], 6 * 3600
    for instant in range(start, end + step, step):
        low, high = instant - step, instant
        if offset(zone, low) == offset(zone, high):
            continue
        while high - low > 1:
            middle = (low + high) // 2
            if offset(zone, middle) == offset(zone, low):
                low = middle
            else:
                high = middle
        found.append((high, offset(zone, low), offset(zone, high)))
    return found


def is_odd(change):
    """Whether the clock is changed by no whole hour, at no whole hour, or to, from or over midnight."""
    instant, before, after = change
    first, last = sorted((instant + before, instant + after))
    return (after - before) % 3600 != 0 or (instant + before) % 3600 != 0 or -first % 86400 <= last - first


class Line:
    def __init__(self, text):
        self.zone_name, self.expression, instant, times = text.rstrip("\n").split("\t")
        self.zone = ZoneInfo(self.zone_name)
        self.instant = int(instant)
        self.times = [int(time) for time in times.split()]
        self.start = datetime.fromtimestamp(self.instant, UTC).astimezone(self.zone)
        self.fields = self.expression.split()
        self.is_cadence = self.fields[-5].startswith("*") or self.fields[-4].startswith("*")

    def changes(self, theirs):
        end = max(self.times + (theirs if isinstance(theirs, list) else []))
        # Beyond a year and a half all changes have come.
        return changes(self.zone, self.instant - 86400, min(end, self.instant + 550 * 86400) + 86400)

    def ask(self, make, error):
        """The peer's fire times, or what it did instead."""
        # Processor time: the peers hang in some changes.
        signal.setitimer(signal.ITIMER_VIRTUAL, 3)
        try:
            step = make()
            return [int(step().timestamp()) for _ in self.times]
        except error:
            return "refused"
        except StopIteration:
            return "gave up"
        except TooLong:
            return "hangs"
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)

    def cronsim(self):
        def make():
            iterator = CronSim(self.expression, self.start)
            return lambda: next(iterator)

        theirs = self.ask(make, CronSimError)
        if theirs == self.times:
            return "same", theirs
        if RANGE_OF_ONE_STEP.search(self.expression):
            return "range of one with step", theirs
        if theirs == "gave up":
            years = 50 * 365 * 86400
            later = self.times[-1] - self.instant > years
            return ("gave up" if later else "unlisted"), theirs
        changed = self.changes(theirs)
        if len(self.fields) == 6 and not self.is_cadence and changed and theirs != "refused":
            return "six fields", theirs
        if isinstance(theirs, list) and any(b <= a for a, b in zip([self.instant] + theirs, theirs)) and changed:
            return "not later", theirs
        if self.is_cadence and theirs != "refused" and any(is_odd(change) for change in changed):
            return ("hangs" if theirs == "hangs" else "odd change"), theirs
        return "unlisted", theirs

    def croniter(self):
        def make():
            iterator = croniter(
                self.expression, self.start, ret_type=datetime, second_at_beginning=True, implement_cron_bug=True)
            return lambda: iterator.get_next(datetime)

        theirs = self.ask(make, CroniterError)
        if theirs == self.times:
            return "same", theirs
        day, weekday = self.fields[-3], self.fields[-1]
        if "#" in weekday and day != "*":
            return "occurrence and day", theirs
        if RANGE_OF_ONE.search(self.expression):
            return "range of one", theirs
        if re.search(r"(^|,)\d/", weekday):
            return "weekday with step", theirs
        if "0-6" in weekday or "1-31" in day:
            return "whole range", theirs
        if theirs != "refused" and self.changes(theirs):
            return "change", theirs
        return "unlisted", theirs


def judge(text):
    line = Line(text)
    results = []
    for peer, (verdict, theirs) in (("cronsim", line.cronsim()), ("croniter", line.croniter())):
        check = None
        if verdict != "same":
            count = len(line.times)
            if isinstance(theirs, list):
                count = next(index for index in range(count) if theirs[index] != line.times[index]) + 1
            if peer == "cronsim" and verdict != "gave up":
                check = [line.zone_name, line.expression, str(line.instant)] + [str(time) for time in line.times[:count]]
            said = theirs
            if isinstance(theirs, list):
                said = " ".join(datetime.fromtimestamp(time, line.zone).isoformat() for time in theirs)
            own = " ".join(datetime.fromtimestamp(time, line.zone).isoformat() for time in line.times)
            theirs = f"{line.zone_name} `{line.expression}` after {line.start.isoformat()}: {said}, here {own}"
        results.append((peer, verdict, theirs, check))
    return results


def main():
    signal.signal(signal.SIGVTALRM, alarm)
    with open(sys.argv[1]) as file:
        lines = file.readlines()
    counts, examples = collections.Counter(), {}
    with multiprocessing.Pool(2, signal.signal, (signal.SIGVTALRM, alarm)) as pool:
        for results in pool.imap_unordered(judge, lines, chunksize=200):
            for peer, verdict, theirs, check in results:
                counts[peer, verdict] += 1
                if verdict != "same":
                    examples.setdefault((peer, verdict), theirs)
                if check:
                    print("\t".join(["check"] + check))
    for (peer, verdict), count in sorted(counts.items()):
        print(f"{peer}\t{verdict}\t{count}")
    for (peer, verdict), text in sorted(examples.items()):
        print(f"example\t{peer}\t{verdict}\t{text}")


main()
