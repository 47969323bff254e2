"""Figures of processes and of the machine, from /proc."""

import os
import time

TICKS = os.sysconf("SC_CLK_TCK")


def tree(root):
    """The pids of a process and all below it."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                stat = open(f"/proc/{entry}/stat").read()
            except OSError:
                continue
            parents.setdefault(int(stat.rsplit(")", 1)[1].split()[1]), []).append(int(entry))
    found, todo = [], [root]
    while todo:
        pid = todo.pop()
        found.append(pid)
        todo += parents.get(pid, [])
    return found


def cpu_seconds(pids):
    """User and system time of processes, and of children they waited for."""
    ticks = 0
    for pid in pids:
        try:
            fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        ticks += sum(int(field) for field in fields[11:15])
    return ticks / TICKS


def precise_cpu_seconds(pids):
    """The time that the threads of processes have run, to the nanosecond: of what is there, not of ended children."""
    total = 0
    for pid in pids:
        try:
            for thread in os.listdir(f"/proc/{pid}/task"):
                total += int(open(f"/proc/{pid}/task/{thread}/schedstat").read().split()[0])
        except OSError:
            continue
    return total / 1e9


def wakeups(pids):
    """How often the threads of processes were put to sleep or made to wait."""
    total = 0
    for pid in pids:
        try:
            for thread in os.listdir(f"/proc/{pid}/task"):
                for line in open(f"/proc/{pid}/task/{thread}/status"):
                    if "ctxt_switches" in line:
                        total += int(line.split()[1])
        except OSError:
            continue
    return total


def memory(pids):
    """PSS (shared pages count in parts) and RSS of processes, in bytes."""
    pss = rss = 0
    for pid in pids:
        try:
            lines = open(f"/proc/{pid}/smaps_rollup").readlines()
        except OSError:
            continue
        for line in lines:
            if line.startswith("Pss:"):
                pss += int(line.split()[1]) * 1024
            if line.startswith("Rss:"):
                rss += int(line.split()[1]) * 1024
    return pss, rss


def machine_seconds():
    """The time that all processors together have worked."""
    fields = [int(field) for field in open("/proc/stat").readline().split()[1:9]]
    user, nice, system, _, _, interrupt, soft, _ = fields
    return (user + nice + system + interrupt + soft) / TICKS


def settle(pids, patience, quiet=1.0, share=0.02):
    """Waits until processes have used no more than a share of a processor for a while; the seconds until then, or None
    after so many. `pids` is asked anew each time."""
    started = last = time.monotonic()
    before = cpu_seconds(pids())
    while time.monotonic() - started < patience:
        time.sleep(quiet)
        now = cpu_seconds(pids())
        if now - before <= share * quiet:
            return last - started
        before, last = now, time.monotonic()
    return None


def quantile(values, share):
    """The value that this share of them stays within."""
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))]
