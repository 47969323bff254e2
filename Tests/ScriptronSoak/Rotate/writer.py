#!/usr/bin/env python3
"""Writes numbered lines to a log, as fast as it is told, each by a write of its own; on SIGUSR1 it opens its log anew.

Usage: writer.py LOG RATE PIDFILE
On SIGTERM it ends, and prints how many lines it wrote.
"""
import os
import signal
import sys
import time

LOG, RATE, PIDFILE = sys.argv[1], int(sys.argv[2]), sys.argv[3]
state = {"anew": False, "over": False}
signal.signal(signal.SIGUSR1, lambda *_: state.update(anew=True))
signal.signal(signal.SIGTERM, lambda *_: state.update(over=True))


def opened():
    return os.open(LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)


log = opened()
with open(PIDFILE + ".new", "w") as file:
    file.write(f"{os.getpid()}\n")
os.rename(PIDFILE + ".new", PIDFILE)
number, began = 0, time.monotonic()
tail = b" a line such as a server writes, with a path /of/some/page and a time\n"
while not state["over"]:
    if state["anew"]:
        state["anew"] = False
        os.close(log)
        log = opened()
    due = int((time.monotonic() - began) * RATE)
    if number >= due:
        time.sleep(0.001)
        continue
    # In bursts, so that the signals are looked at; one that fell behind catches up.
    for number in range(number + 1, min(due, number + 200) + 1):
        os.write(log, b"%012d" % number + tail)
print(number, f"{number / (time.monotonic() - began):.0f}")
