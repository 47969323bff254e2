#!/usr/bin/env python3
"""Whether a shadow tells what a run then does: random trees, jobs that run tar, gzip and sqlite3, the plan of
`scriptron test --shadow` laid over what was there, and that compared with what the real run left. The shadow itself must
leave no trace.

What is compared is what such a plan says: names, kinds, modes, owners, sizes, link targets, and which files have another
content (of what is compressed, what it unpacks to). Which names are one file, and what a file then holds, it does not say.

Usage: shadow.py BINARY [--rounds N] [--seed S] [--only SEED]
Its last line is "shadow fidelity: as expected", or it ends with the seeds of the differences.
"""
import argparse
import collections
import copy
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

import disks
import observer
import traces
import trees

parser = argparse.ArgumentParser()
parser.add_argument("binary")
parser.add_argument("--rounds", type=int, default=10)
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--only", type=int, help="one round again, and keep its place")
options = parser.parse_args()
BINARY = os.path.realpath(options.binary)
NOBODY = 65534
COVERED = ["a name that is not UTF-8", "dangling link", "FIFO", "hard link", "existing target", "another user"]

# The files of the tree, in the order of their names, as what a job hands to its programs.
FILES = """
    local files = {}
    for entry in fs.walk("data/src", { type = "file" }) do files[#files + 1] = entry.path end
    table.sort(files)
"""


def script(body, programs):
    names = ", ".join(f'"{name}"' for name in programs)
    return f"""return job {{
  needs = function() return {{ write = "data", run = {{ {names} }} }} end,
  run = function(settings, this)
    {body}
  end,
}}
"""


def tar(choice):
    packed = choice.random() < 0.5
    body = ['process.run({ "tar", "-C", "data", "--sort=name", "%s", "data/out.tar", %s "src" }, { expect = { 0, 1, 2 } })'
            % ("-czf" if packed else "-cf", choice.choice(["", "", '"--remove-files",']))]
    if choice.random() < 0.6:
        body.append('fs.mkdir("data/back")')
        body.append('process.run({ "tar", "-C", "data/back", "%s", "data/out.tar" }, { expect = { 0, 1, 2 } })'
                    % ("-xzf" if packed else "-xpf"))
    if choice.random() < 0.4:
        body.append('fs.remove("data/out.tar")')
    return script("\n    ".join(body), ["tar", "sh", "gzip"]), "tar"


def gzip(choice):
    body = [FILES, "local part = {}", f"for index = 1, #files, {choice.randrange(1, 4)} do part[#part + 1] = files[index] end",
            'if #part == 0 then return end',
            'local words = { "gzip"%s, "--" }' % choice.choice(["", ', "-k"', ', "-f"', ', "-9"']),
            "table.move(part, 1, #part, #words + 1, words)",
            "local done = process.run(words, { expect = { 0, 1, 2 } })"]
    if choice.random() < 0.5:
        body += ['local back = {}',
                 'for entry in fs.walk("data/src", { type = "file" }) do',
                 '  if entry.name:match("%.gz$") then back[#back + 1] = entry.path end',
                 'end',
                 'table.sort(back)',
                 'if #back > 0 then process.run({ "gzip", "-d", "-f", "--", back[1] }, { expect = { 0, 1, 2 } }) end']
    return script("\n    ".join(body), ["gzip"]), "gzip"


def sqlite(choice):
    steps = ["create table if not exists x (id integer primary key, text)"]
    for _ in range(choice.randrange(1, 6)):
        steps.append(choice.choice([
            "with recursive n(i) as (select 1 union all select i + 1 from n where i < %d) "
            "insert into x (text) select printf('%%0200d', i) from n" % choice.randrange(1, 600),
            "delete from x where id %% %d = 0" % choice.randrange(1, 5), "create index if not exists y on x (text)",
            "vacuum", "pragma journal_mode = %s" % choice.choice(["wal", "delete"]), "drop table if exists x; "
            "create table x (id integer primary key, text)"]))
    # The second is there before in some trees.
    files = choice.choice([["data/new.db"], ["data/old.db"], ["data/new.db", "data/old.db"]])
    body = [f'process.run({{ "sqlite3", "{file}", [[{"; ".join(steps)};]] }}, {{ expect = {{ 0, 1 }} }})' for file in files]
    return script("\n    ".join(body), ["sqlite3"]), "sqlite3"


KINDS = [tar, gzip, sqlite]


class Round:
    def __init__(self, seed):
        self.seed = seed
        choice = random.Random(f"shadow:{seed}")
        self.script, self.kind = KINDS[seed % len(KINDS)](choice)
        self.user = NOBODY if choice.random() < 0.4 else 0
        self.has_targets = choice.random() < 0.5
        self.place = tempfile.mkdtemp(prefix="shadow-fidelity-")
        os.chmod(self.place, 0o755)
        self.ears = traces.Ears(self.place)

    def at(self, name):
        return os.path.join(self.place, name)

    def prepare(self):
        os.mkdir(self.at("jobs"))
        with open(self.at("jobs/work.lua"), "w") as file:
            file.write(self.script)
        with open(self.at("scriptron.lua"), "w") as file:
            user = ', default_user = "nobody"' if self.user else ""
            file.write(f'return {{ jobs_dir = "jobs", state_dir = "state"{user} }}\n')
        self.data = os.fsencode(self.at("data"))
        os.mkdir(self.data)
        os.chown(self.data, self.user, self.user)
        tree = trees.Tree(random.Random(f"tree shadow:{self.seed}"), self.data, [self.user, self.user, self.user, 0],
                          int(time.time()))
        # Folders that the job may not change would have every round end at once.
        folders = [b"src"] + [b"src/" + name for name in (b"a", b"b", b"a/deep")[:tree.random.randrange(0, 4)]]
        for folder in folders:
            os.chown(tree.directory(folder), self.user, self.user)
        for _ in range(tree.random.randrange(3, 9)):
            tree.file(tree.fresh(tree.random.choice(folders)))
        for _ in range(tree.random.randrange(2, 7)):
            tree.oddity(tree.random.choice(folders))
        if self.has_targets:
            self.targets(tree)
        tree.finish()
        self.odd = tree.odd | ({"another user"} if self.user else set())

    def targets(self, tree):
        """What the programs write may be there already."""
        tree.odd.add("existing target")
        made = [tree.file(b"out.tar", size=300)]
        made.append(tree.at(b"old.db"))
        subprocess.run(["sqlite3", made[-1], "create table x (id integer primary key, text); insert into x values (1, 'x')"],
                       check=True)
        if tree.paths:
            beside = tree.random.choice(tree.paths) + b".gz"
            if not os.path.lexists(beside):
                with open(beside, "xb") as file:
                    file.write(b"no gzip")
                made.append(beside)
        for path in made:
            os.chown(path, self.user, self.user)

    def scriptron(self, *words):
        environment = {"PATH": os.environ["PATH"], "SCRIPTRON_CONFIG": self.at("scriptron.lua")}
        return subprocess.run([BINARY, *words], cwd=self.place, capture_output=True, timeout=120,
                              stdin=subprocess.DEVNULL, env=environment)

    def snapshot(self):
        """What a plan of a shadow can say of each name."""
        kept = ("kind", "mode", "owner", "target", "bytes", "content")
        facts = observer.snapshot(self.data)
        for name, fact in facts.items():
            if fact["kind"] == "file":
                fact["bytes"] = os.lstat(os.path.join(self.data, name)).st_size
        return {name: {key: fact[key] for key in kept if key in fact} for name, fact in facts.items()}

    def compare(self):
        before = self.snapshot()
        self.ears.heard()
        trace = traces.Trace(self.place)
        answer = self.scriptron("test", "work", "--shadow", "--json")
        lines = [f"the shadow left a trace: {line}" for line in trace.changes(self.ears)]
        try:
            report = json.loads(answer.stdout.decode("utf-8", "surrogateescape"))
        except ValueError:
            return [f"no report: {answer.stdout!r} {answer.stderr!r}"], [], 0
        if report.get("omitted"):
            lines.append("the plan leaves steps out")
        run = self.scriptron("run", "work")
        if run.returncode != answer.returncode:
            lines.append(f"exit code {answer.returncode} was planned ({report.get('error')}), it is {run.returncode}:\n"
                         f"{(run.stdout + run.stderr).decode(errors='replace')}")
        after = self.snapshot()
        lines += self.differences(report["plan"], before, after)
        broken = 0
        if not lines:
            for plan in mutants(report["plan"]):
                broken += 1
                if not self.differences(plan, before, after):
                    lines.append(f"a broken plan passes: {plan}")
        return lines, report["plan"], broken

    def differences(self, plan, before, after):
        expected = copy.deepcopy(before)
        lines = []
        for step in plan:
            try:
                self.lay(step, expected)
            except (KeyError, AssertionError) as problem:
                lines.append(f"the plan does not fit: {step}: {problem!r}")
        for name, fact in expected.items():
            # What is written is not what it was; what it is the plan does not say.
            if fact.get("content") == "written" and after.get(name, {}).get("content") != before.get(name, {}).get("content"):
                fact["content"] = after.get(name, {}).get("content")
        return lines + observer.differences(expected, after)

    def name(self, value):
        data = observer.named(value)
        assert data.startswith(self.data + b"/"), f"it reaches out of its tree: {data!r}"
        return data[len(self.data) + 1:]

    def lay(self, step, facts):
        """Lays one step of a plan over what was there."""
        effect = step["effect"]
        if effect == "rename":
            old, new = self.name(step["from"]), self.name(step["to"])
            assert new not in facts, "something is there"
            for name in [name for name in facts if name == old or name.startswith(old + b"/")]:
                facts[new + name[len(old):]] = facts.pop(name)
            assert new in facts, "nothing is there"
            return
        if effect == "link":
            old, new = self.name(step["from"]), self.name(step["to"])
            assert new not in facts and old in facts, "something is there, or nothing to link"
            facts[new] = dict(facts[old])
            return
        name = self.name(step["path"])
        made = {"mode": oct(int(step.get("mode", "0"), 8)), "owner": (step.get("uid"), step.get("gid"))}
        if effect == "write":
            facts[name] = made | {"kind": "file", "bytes": step["bytes"], "content": "written"}
        elif effect == "mkdir":
            assert name not in facts, "something is there"
            facts[name] = made | {"kind": "directory"}
        elif effect == "symlink":
            # Who owns a link the plan does not say: who runs does.
            owner = facts.get(name, {}).get("owner", (self.user, self.user))
            facts[name] = {"kind": "link", "mode": "0o777", "owner": owner, "target": observer.named(step["target"])}
        elif effect.startswith("make "):
            facts[name] = made | {"kind": effect[5:]}
        elif effect == "chmod":
            facts[name]["mode"] = made["mode"]
        elif effect == "chown":
            facts[name]["owner"] = made["owner"]
        elif effect == "touch":
            assert name in facts, "nothing is there"
        elif effect in ("remove", "remove directory"):
            del facts[name]
        elif effect == "remove tree":
            inside = [other for other in facts if other == name or other.startswith(name + b"/")]
            directories = sum(facts[other]["kind"] == "directory" for other in inside)
            assert (directories, len(inside) - directories) == (step["directories"], step["files"]), "other counts"
            for other in inside:
                del facts[other]
        else:
            raise AssertionError("an effect that nobody knows here")


def mutants(plan):
    """The plan with one thing wrong in it, in each way that there is."""
    for index, step in enumerate(plan):
        if step["effect"] == "touch":
            continue
        yield plan[:index] + plan[index + 1:]
        if "mode" in step:
            yield plan[:index] + [step | {"mode": oct(int(step["mode"], 8) ^ 0o001)[2:]}] + plan[index + 1:]
        if step["effect"] == "write":
            yield plan[:index] + [step | {"bytes": step["bytes"] + 1}] + plan[index + 1:]
        if "uid" in step:
            yield plan[:index] + [step | {"uid": step["uid"] + 1}] + plan[index + 1:]


for program in ("tar", "gzip", "sqlite3"):
    if not shutil.which(program):
        print(f"shadow fidelity: left out without {program}")
        sys.exit(0)
# Where no disks can be mounted there are no shadows either.
if not disks.prepare():
    print("shadow fidelity: left out, for it needs root and the right to mount")
    sys.exit(0)
traces.adopt_orphans()
started = time.monotonic()
seeds = [options.only] if options.only is not None else range(options.seed, options.seed + options.rounds)
wrong, coverage, kinds, filled, broken = [], collections.Counter(), collections.Counter(), 0, 0
for seed in seeds:
    one = Round(seed)
    try:
        one.prepare()
        lines, plan, count = one.compare()
    finally:
        one.ears.close()
        if options.only is None:
            shutil.rmtree(one.place, ignore_errors=True)
        else:
            print(f"kept: {one.place}")
    coverage.update(one.odd)
    kinds[one.kind] += 1
    filled += bool(plan)
    broken += count
    if lines:
        wrong.append(seed)
        print(f"{one.kind} {seed}, user {one.user}:", one.script, *lines[:12], sep="\n  ")
print(f"{len(seeds)} rounds from seed {seeds[0]}: " + ", ".join(f"{what} {count}" for what, count in kinds.items())
      + f"; {filled} plans not empty; trees with: "
      + ", ".join(f"{what} {count}" for what, count in sorted(coverage.items())))
print(f"{time.monotonic() - started:.1f} s; {broken} broken plans, all told from the right ones, unless said")
print("the shadow left tree, store, queues, network and processes as they were, unless said")
if len(seeds) >= 100:
    rare = [what for what in COVERED if coverage[what] < len(seeds) / 10]
    if rare or filled < 0.9 * len(seeds):
        sys.exit(f"shadow fidelity: too few trees with {rare}, or too many empty plans")
if wrong:
    sys.exit(f"shadow fidelity: differences in {wrong}")
print("shadow fidelity: as expected")
