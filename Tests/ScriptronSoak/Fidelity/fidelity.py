#!/usr/bin/env python3
"""Whether the dry run tells what the run then does: random trees and settings, the plan carried out by an independent
hand on a tree made alike, the job really run, and both trees compared. The dry run itself must leave no trace.

Usage: fidelity.py BINARY [--rounds N] [--seed S] [--only JOB:SEED]
Its last line is "fidelity: as expected", or it ends with the seeds of the differences.
"""
import argparse
import collections
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

import disks
import mutants
import observer
import pages
import traces
import trees

parser = argparse.ArgumentParser()
parser.add_argument("binary")
parser.add_argument("--rounds", type=int, default=10, help="rounds of each job")
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--only", help="one round again, JOB:SEED, and keep its place")
parser.add_argument("--mutants", action="store_true", help="also whether broken plans are told from the right ones")
parser.add_argument("--overlays", type=int, metavar="SEEDS",
                    help="whether the broken overlays of a debug binary are caught, each within so many seeds")
parser.add_argument("--jobs", default=",".join(trees.JOBS))
options = parser.parse_args()
SOURCES = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
BINARY = os.path.realpath(options.binary)
NOBODY = 65534
# What at least a tenth of many trees must have, so that the rounds mean something.
COVERED = ["a name that is not UTF-8", "dangling link", "FIFO", "hard link", "unreadable entry"]
HAS_DISKS = disks.prepare()
traces.adopt_orphans()
if not shutil.which("zstd"):
    print("fidelity: left out without zstd")
    sys.exit(0)


def placed(value):
    """Settings with their paths where a round has its tree."""
    if isinstance(value, dict):
        return {key: placed(item) for key, item in value.items()}
    if isinstance(value, list):
        return list(map(placed, value))
    return "disk/" + value if isinstance(value, str) and value.split("/")[0] == "data" else value


class Round:
    def __init__(self, job, seed, overlay=None):
        self.job, self.seed, self.overlay = job, seed, overlay
        choice = random.Random(f"{job.name}:{seed}")
        self.settings = placed(job.settings(choice))
        self.user = NOBODY if os.getuid() == 0 and choice.random() < 0.5 else os.getuid()
        self.place = tempfile.mkdtemp(prefix="fidelity-")
        os.chmod(self.place, 0o755)
        self.is_full = HAS_DISKS and choice.random() < 0.3
        # Blocks that are left: where several files are compressed at once, who gets the last one is a matter of luck.
        packs = self.settings.get("compress") in ("zstd", "gzip")
        self.left = choice.choice(getattr(job, "left", [0, 0, 0, 1000] if packs else [0, 1, 2, 5, 20, 100]))
        self.odd = set()
        self.ears = self.pages = None
        # What answers is only known where it is asked: else a plan assumes it.
        self.network = bool(self.settings.pop("network", False))

    def at(self, name):
        return os.path.join(self.place, name)

    def prepare(self):
        self.listen()
        shutil.copytree(os.path.join(SOURCES, "jobs"), self.at("jobs"))
        with open(self.at("scriptron.lua"), "w") as file:
            file.write('return { jobs_dir = "jobs", state_dir = "state", ceiling = { read = { "." }, '
                       f'write = {{ "disk/data" }}, run = {{ "true" }}, connect = {{ "127.0.0.1:*" }}, service = {{ "nginx", "no-such" }} }}, jobs = {{ {self.job.name} = {{ '
                       f'settings = {trees.lua(self.settings)} }} }} }}\n')
        self.now = int(time.time())
        os.mkdir(self.at("disk"))
        if self.is_full:
            disks.mount(self.at("disk"))
        self.data = self.at("disk/data")
        for root in (self.data, self.at("expected")):
            self.grow(root)
        if self.user != os.getuid():
            os.chown(self.place, self.user, self.user)
        before = self.before = getattr(self.job, "before", None)
        if before:
            before(random.Random(f"before {self.job.name}:{self.seed}"), self.scriptron, self.at)
            # Backups are named by the second: the planned one must not clash with the last of these, if the real one
            # does not.
            time.sleep(1.01 - time.time() % 1)
            shutil.rmtree(self.at("expected"))
            subprocess.run(["cp", "-a", self.data, self.at("expected")], check=True)
            subprocess.run(["cp", "-a", self.data, self.at("kept")], check=True)
        if self.is_full:
            disks.fill(self.at("disk"), self.left)
            self.odd.add("full disk")

    def grow(self, root):
        os.mkdir(root)
        if self.user != os.getuid():
            os.chown(root, self.user, self.user)
        owners = [self.user] if os.getuid() else [self.user, self.user, self.user, 0]
        tree = trees.Tree(random.Random(f"tree {self.job.name}:{self.seed}"), os.fsencode(root), owners, self.now)
        self.job.grow(tree)
        tree.finish()
        self.odd = tree.odd

    def carried(self, plan, over):
        """What stops this plan from being carried out over a tree; nothing: it was."""
        carrier = observer.Carrier(os.fsencode(self.data), os.fsencode(over))
        lines = []
        for step in plan:
            try:
                carrier.carry(step)
            except (AssertionError, KeyError) as problem:
                lines.append(str(problem) if isinstance(problem, AssertionError) else f"{step} has no {problem}")
        return lines

    def try_mutants(self, plan, before, after, counts, missed):
        """Whether each broken plan that can be made of this one is told from what the run did."""
        for name, mutant in mutants.MUTANTS.items():
            broken = mutant(plan, after, self.data)
            if broken is None:
                continue
            over = self.at("broken")
            if self.before:
                subprocess.run(["cp", "-a", self.at("kept"), over], check=True)
            else:
                self.grow(over)
            counts[name] += 1
            lines = self.carried(broken, over)
            if not lines and not observer.differences(observer.renamed(observer.snapshot(os.fsencode(over)), before), after):
                missed.append(f"{self.job.name}:{self.seed}: {name}")
            shutil.rmtree(over)

    def scriptron(self, *words):
        identity = {"user": self.user, "group": self.user, "extra_groups": []} if self.user != os.getuid() else {}
        return subprocess.run([BINARY, *words], cwd=self.place, capture_output=True, timeout=60, stdin=subprocess.DEVNULL,
                              env=self.environment(words[0]), **identity)

    def environment(self, word):
        environment = {"PATH": os.environ["PATH"], "SCRIPTRON_CONFIG": self.at("scriptron.lua")}
        if self.overlay and word == "test":
            environment["SCRIPTRON_TEST_OVERLAY"] = self.overlay
        return environment

    def compare(self):
        """The differences, and the plan."""
        before = observer.snapshot(os.fsencode(self.data))
        store = self.at("state/store/scriptron.db")
        tasks, known = observer.tasks(store), observer.told(store, self.job.name)
        self.ears.heard()
        trace = traces.Trace(self.place)
        answer = self.scriptron("test", self.job.name, "--json", *["--network"] * self.network)
        lines = [f"the dry run left a trace: {line}" for line in trace.changes(self.ears)]
        if self.pages and self.pages.changing():
            lines.append(f"the dry run asked to change something: {self.pages.changing()}")
        try:
            report = json.loads(answer.stdout.decode("utf-8", "surrogateescape"))
        except ValueError:
            return [f"no report: {answer.stdout!r} {answer.stderr!r}"], []
        if report.get("refused"):
            lines.append(f"the generator asks for what is refused: {report['refused']}")
        plan = report["plan"]
        lines += self.carried(plan, self.at("expected"))
        # By one thread: who of several that are compressed at once gets a full disk's last block is a matter of luck.
        processors = os.sched_getaffinity(0)
        if self.is_full:
            os.sched_setaffinity(0, {min(processors)})
        run = self.scriptron("run", self.job.name)
        os.sched_setaffinity(0, processors)
        if run.returncode != answer.returncode:
            lines.append(f"exit code {answer.returncode} was planned ({report.get('error')}), it is {run.returncode}:\n"
                         f"{(run.stdout + run.stderr).decode(errors='replace')}")
        expected, actual = (observer.renamed(observer.snapshot(os.fsencode(root)), before)
                            for root in (self.at("expected"), self.data))
        lines += observer.differences(expected, actual)
        planned = collections.Counter(step["effect"] for step in plan)
        done = observer.tasks(store)
        for state, effect in (("done", "finish task"), ("dead", "bury task")):
            if done.get(state, 0) - tasks.get(state, 0) != planned[effect]:
                lines.append(f"{planned[effect]} times {effect} was planned; before {tasks}, after {done}")
        made = [step for step in plan if step["effect"] == "archive"]
        for name in observer.snapshot(os.fsencode(self.data)).keys() - before.keys():
            if made and name.endswith(b".tar.zst"):
                count = observer.members(os.fsencode(self.data) + b"/" + name)
                if count != made[0]["files"]:
                    lines.append(f"{made[0]['files']} files were planned in the archive, it has {count}")
        lines += observer.untold(report, known, observer.told(store, self.job.name))
        if options.mutants and plan and not lines:
            self.try_mutants(plan, before, actual, broken, missed)
        return lines, plan

    def listen(self):
        self.ears = traces.Ears(self.place)
        if self.network:
            self.pages = pages.Pages()
        # Without the network nobody is asked, and the ear hears it if somebody is.
        port = self.pages.port if self.network else self.ears.port

        def here(value):
            if isinstance(value, dict):
                return {key: here(item) for key, item in value.items()}
            return value.replace("PORT", str(port)) if isinstance(value, str) else value
        for key in ("services", "pages"):
            if key in self.settings:
                self.settings[key] = here(self.settings[key])

    def close(self):
        self.ears.close()
        if self.pages:
            self.pages.close()
        if self.is_full:
            disks.unmount(self.at("disk"))
        shutil.rmtree(self.place, ignore_errors=True)


def differences(job, seed, overlay=None):
    """The differences of one round, its plan, and what was odd in its tree."""
    one = Round(job, seed, overlay)
    try:
        one.prepare()
        lines, plan = one.compare()
    finally:
        if options.only:
            print(f"kept: {one.place}")
        else:
            one.close()
    return lines, plan, one


def try_overlays(jobs, seeds):
    """Whether each broken overlay is caught, and by which round first."""
    passed = []
    for overlay in mutants.OVERLAYS:
        began = time.monotonic()
        for count, (seed, job) in enumerate(((seed, job) for seed in seeds for job in jobs), 1):
            lines, _, _ = differences(job, seed, overlay)
            if lines:
                print(f"{overlay}: caught by {job.name}:{seed}, round {count}, {time.monotonic() - began:.1f} s: "
                      f"{lines[0].splitlines()[0][:120]}", flush=True)
                break
        else:
            passed.append(overlay)
            print(f"{overlay}: passed {count} rounds", flush=True)
    print(f"broken overlays: {len(mutants.OVERLAYS)}, {len(passed)} not caught")
    return passed


started = time.monotonic()
if options.overlays:
    chosen = [trees.JOBS[name] for name in options.jobs.split(",") if name != "health"]
    if try_overlays(chosen, range(options.seed, options.seed + options.overlays)):
        sys.exit("fidelity: broken overlays passed")
    sys.exit(print("fidelity: as expected"))
wrong, missed, broken = [], [], collections.Counter()
for name in options.jobs.split(","):
    job = trees.JOBS[name]
    if options.only and not options.only.startswith(name + ":"):
        continue
    seeds = [int(options.only.split(":")[1])] if options.only else range(options.seed, options.seed + options.rounds)
    coverage, filled = collections.Counter(), 0
    for seed in seeds:
        lines, plan, one = differences(job, seed)
        coverage.update(one.odd)
        filled += any(step["effect"] not in ("set state", "delete state") for step in plan) or name == "health"
        if lines:
            wrong.append(f"{name}:{seed}")
            print(f"{name}:{seed} as user {one.user}, {trees.lua(one.settings)}:", *lines[:12], sep="\n  ")
    print(f"{name}: {len(seeds)} rounds from seed {seeds[0]}, {filled} plans not empty; trees with: "
          + ", ".join(f"{what} {count}" for what, count in sorted(coverage.items())), flush=True)
    if len(seeds) >= 100:
        expected = COVERED + getattr(job, "covered", []) + ["full disk"] * HAS_DISKS
        rare = [what for what in expected if coverage[what] < len(seeds) / 10]
        if rare or filled < 0.9 * len(seeds):
            sys.exit(f"fidelity: too few trees of {name} with {rare}, or too many empty plans")
print(f"{time.monotonic() - started:.1f} s")
print("each round began with a dry run: tree, store, queues, network and processes were as before, unless said")
if options.mutants:
    print(f"broken plans: {len(broken)} kinds of {len(mutants.MUTANTS)}, {sum(broken.values())} in all, "
          f"{len(missed)} not told from the right ones", *missed[:20], sep="\n  ")
    if missed:
        sys.exit("fidelity: broken plans passed")
if wrong:
    sys.exit("fidelity: differences in " + " ".join(wrong))
print("fidelity: as expected")
