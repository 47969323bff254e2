#!/usr/bin/env python3
"""Kills runs of the job rotate at random moments: whatever is there after the next whole run holds every line, once.

Usage: rotate_kills.py BINARY ROUNDS SEED
Its last line is "rotate kills: as expected", or it ends with an error.
"""
import os
import random
import signal
import subprocess
import sys
import time

from rotation import Place, content, generations

LOGS = 12


def settings(method, names, compress):
    return (f'size = 1, method = "{method}", names = "{names}", compress = "{compress}", keep = {{ count = 100000 }}, '
            'mode = "0640"')


def append(place, log, lines, first):
    """Numbered lines, with something that takes its time to be compressed."""
    with open(place.at(f"logs/{log}"), "ab") as file:
        for number in range(first, first + lines):
            file.write(b"%08d %s\n" % (number, os.urandom(1500).hex().encode()))


def check(place, counts, when):
    """After each round: every log is there, and nothing unfinished."""
    for log in counts:
        if not os.path.exists(place.at(f"logs/{log}")):
            sys.exit(f"{when}: {log} was not made anew")
    left = [name for name in place.names() if name.startswith(".")]
    if left:
        sys.exit(f"{when}: this is left: {left}")


def check_lines(place, counts, way):
    """At the end: every line once, and in order. What was lost or doubled in any round still is."""
    for log, count in counts.items():
        expected = 1
        for name in generations(place.at("logs"), log):
            for line in content(place.at(f"logs/{name}")).split(b"\n")[:-1]:
                if int(line[:8]) != expected or len(line) != 3009:
                    sys.exit(f"{way}: line {expected} of {log} is {line[:20]} in {name}")
                expected += 1
        if expected != count + 1:
            sys.exit(f"{way}: {log} has {expected - 1} lines of {count}: {generations(place.at('logs'), log)}")


def main():
    binary, rounds, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    random.seed(seed)
    ways = [(method, names, compress) for method in ("rename", "copytruncate") for names in ("numbered", "dated")
            for compress in ("zstd", "gzip")]
    if rounds < 2 * len(ways):
        ways = [ways[0], ways[-1]]
    killed = 0
    for way in ways:
        with Place(binary, settings(*way)) as place:
            counts = {f"{number}.log": 0 for number in range(LOGS)}
            began = None
            whole = 1.0
            for turn in range(max(1, rounds // len(ways)) + 1):
                for log in counts:
                    append(place, log, 20, counts[log] + 1)
                    counts[log] += 20
                if way[1] == "dated":
                    # Two rotations in a second would have the same name.
                    time.sleep(1.05)
                began = time.monotonic()
                process = place.start("run", "rotate")
                try:
                    # The first tells how long a whole one takes.
                    process.communicate(timeout=random.uniform(0.1, 1.1) * whole if turn else None)
                    whole = time.monotonic() - began
                except subprocess.TimeoutExpired:
                    # Now and then its zygote and worker die in the same moment, else they are left to hear of it.
                    if random.random() < 0.5:
                        os.killpg(process.pid, signal.SIGKILL)
                    else:
                        process.kill()
                    process.communicate()
                    killed += 1
                if way[1] == "dated":
                    time.sleep(1.05)
                place.rotate()
                check(place, counts, f"{' '.join(way)}, round {turn}")
            check_lines(place, counts, " ".join(way))
    print(f"{rounds} rounds, {killed} killed")
    print("rotate kills: as expected")


main()
