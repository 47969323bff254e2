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

import mutants
import observer
import trees

parser = argparse.ArgumentParser()
parser.add_argument("binary")
parser.add_argument("--rounds", type=int, default=10, help="rounds of each job")
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--only", help="one round again, JOB:SEED, and keep its place")
parser.add_argument("--mutants", action="store_true", help="also whether broken plans are told from the right ones")
parser.add_argument("--jobs", default=",".join(trees.JOBS))
options = parser.parse_args()
SOURCES = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
BINARY = os.path.realpath(options.binary)
NOBODY = 65534
# What at least a tenth of many trees must have, so that the rounds mean something.
COVERED = ["a name that is not UTF-8", "dangling link", "FIFO", "hard link", "unreadable entry"]
if not shutil.which("zstd"):
    print("fidelity: left out without zstd")
    sys.exit(0)


class Round:
    def __init__(self, job, seed):
        self.job, self.seed = job, seed
        choice = random.Random(f"{job.name}:{seed}")
        self.settings = job.settings(choice)
        self.user = NOBODY if os.getuid() == 0 and choice.random() < 0.5 else os.getuid()
        self.place = tempfile.mkdtemp(prefix="fidelity-")
        os.chmod(self.place, 0o755)
        self.odd = set()

    def at(self, name):
        return os.path.join(self.place, name)

    def prepare(self):
        shutil.copytree(os.path.join(SOURCES, "jobs"), self.at("jobs"))
        with open(self.at("scriptron.lua"), "w") as file:
            file.write('return { jobs_dir = "jobs", state_dir = "state", ceiling = { read = { "." }, '
                       f'write = {{ "data" }}, run = {{ "true" }} }}, jobs = {{ {self.job.name} = {{ '
                       f'settings = {trees.lua(self.settings)} }} }} }}\n')
        self.now = int(time.time())
        for name in ("data", "expected"):
            self.grow(self.at(name))
        if self.user != os.getuid():
            os.chown(self.place, self.user, self.user)
        before = self.before = getattr(self.job, "before", None)
        if before:
            before(random.Random(f"before {self.job.name}:{self.seed}"), self.scriptron, self.at)
            shutil.rmtree(self.at("expected"))
            subprocess.run(["cp", "-a", self.at("data"), self.at("expected")], check=True)
            subprocess.run(["cp", "-a", self.at("data"), self.at("kept")], check=True)

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
        carrier = observer.Carrier(os.fsencode(self.at("data")), os.fsencode(over))
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
            broken = mutant(plan, after, self.at("data"))
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
                              env={"PATH": os.environ["PATH"], "SCRIPTRON_CONFIG": self.at("scriptron.lua")}, **identity)

    def compare(self):
        """The differences, and the plan."""
        before = observer.snapshot(os.fsencode(self.at("data")))
        store = self.at("state/store/scriptron.db")
        tasks = observer.tasks(store)
        answer = self.scriptron("test", self.job.name, "--json")
        try:
            report = json.loads(answer.stdout.decode("utf-8", "surrogateescape"))
        except ValueError:
            return [f"no report: {answer.stdout!r} {answer.stderr!r}"], []
        lines = [f"the dry run changed something: {line}"
                 for line in observer.differences(before, observer.snapshot(os.fsencode(self.at("data"))))]
        if observer.tasks(store) != tasks:
            lines.append(f"the dry run changed the queues: {tasks} became {observer.tasks(store)}")
        if report.get("refused"):
            lines.append(f"the generator asks for what is refused: {report['refused']}")
        plan = report["plan"]
        lines += self.carried(plan, self.at("expected"))
        run = self.scriptron("run", self.job.name)
        if run.returncode != answer.returncode:
            lines.append(f"exit code {answer.returncode} was planned, it is {run.returncode}:\n"
                         f"{(run.stdout + run.stderr).decode(errors='replace')}")
        expected, actual = (observer.renamed(observer.snapshot(os.fsencode(self.at(name))), before)
                            for name in ("expected", "data"))
        lines += observer.differences(expected, actual)
        planned = collections.Counter(step["effect"] for step in plan)
        done = observer.tasks(store)
        for state, effect in (("done", "finish task"), ("dead", "bury task")):
            if done.get(state, 0) - tasks.get(state, 0) != planned[effect]:
                lines.append(f"{planned[effect]} times {effect} was planned; before {tasks}, after {done}")
        made = [step for step in plan if step["effect"] == "archive"]
        for name in observer.snapshot(os.fsencode(self.at("data"))).keys() - before.keys():
            if made and name.endswith(b".tar.zst"):
                count = observer.members(os.fsencode(self.at("data")) + b"/" + name)
                if count != made[0]["files"]:
                    lines.append(f"{made[0]['files']} files were planned in the archive, it has {count}")
        if options.mutants and plan and not lines:
            self.try_mutants(plan, before, actual, broken, missed)
        return lines, plan

    def close(self):
        shutil.rmtree(self.place, ignore_errors=True)


started = time.monotonic()
wrong, missed, broken = [], [], collections.Counter()
for name in options.jobs.split(","):
    job = trees.JOBS[name]
    if options.only and not options.only.startswith(name + ":"):
        continue
    seeds = [int(options.only.split(":")[1])] if options.only else range(options.seed, options.seed + options.rounds)
    coverage, filled = collections.Counter(), 0
    for seed in seeds:
        one = Round(job, seed)
        try:
            one.prepare()
            lines, plan = one.compare()
        finally:
            if options.only:
                print(f"kept: {one.place}")
            else:
                one.close()
        coverage.update(one.odd)
        filled += any(step["effect"] not in ("set state", "delete state") for step in plan)
        if lines:
            wrong.append(f"{name}:{seed}")
            print(f"{name}:{seed} as user {one.user}, {trees.lua(one.settings)}:", *lines[:12], sep="\n  ")
    print(f"{name}: {len(seeds)} rounds from seed {seeds[0]}, {filled} plans not empty; trees with: "
          + ", ".join(f"{what} {count}" for what, count in sorted(coverage.items())), flush=True)
    if len(seeds) >= 100:
        rare = [what for what in COVERED + getattr(job, "covered", []) if coverage[what] < len(seeds) / 10]
        if rare or filled < 0.9 * len(seeds):
            sys.exit(f"fidelity: too few trees of {name} with {rare}, or too many empty plans")
print(f"{time.monotonic() - started:.1f} s")
if options.mutants:
    print(f"broken plans: {len(broken)} kinds of {len(mutants.MUTANTS)}, {sum(broken.values())} in all, "
          f"{len(missed)} not told from the right ones", *missed[:20], sep="\n  ")
    if missed:
        sys.exit("fidelity: broken plans passed")
if wrong:
    sys.exit("fidelity: differences in " + " ".join(wrong))
print("fidelity: as expected")
