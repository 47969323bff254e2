"""What is in a tree, seen without Scriptron: kinds, modes, owners, sizes, times, contents, link targets and counts."""
import errno
import gzip
import hashlib
import json
import os
import re
import sqlite3
import stat
import subprocess

KINDS = {stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFLNK: "link", stat.S_IFIFO: "fifo",
         stat.S_IFSOCK: "socket"}


def unpacked(name, data):
    """What a compressed file holds: how tightly it was packed is not compared."""
    try:
        if name.endswith(b".gz"):
            return b"unpacked:" + gzip.decompress(data)
        if name.endswith(b".zst"):
            answer = subprocess.run(["zstd", "-dc"], input=data, capture_output=True)
            if answer.returncode == 0:
                return b"unpacked:" + answer.stdout
    except (OSError, EOFError):
        pass
    return data


def read(path):
    # Looking must not make a file younger.
    descriptor = os.open(path, os.O_RDONLY | os.O_NOATIME)
    with os.fdopen(descriptor, "rb") as file:
        return file.read()


# What is no change of a tree; tasks are compared by the store.
NOT_FILES = {"set state", "delete state", "run", "push task", "finish task", "bury task", "connect", "request"}


def tasks(store):
    """How many tasks of queues are in each state, and how many were done."""
    if not os.path.exists(store):
        return {}
    with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as database:
        counts = dict(database.execute("select state, count(*) from task group by state"))
        counts["done"] = database.execute("select count(*) from task_done").fetchone()[0]
    return counts


def told(store, job):
    """What a job has told so far: its alerts that are not over, the names of what it measured, its state."""
    if not os.path.exists(store):
        return {"alerts": {}, "series": {}, "state": {}}
    with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as database:
        alerts = {key: (state, severity) for key, state, severity in database.execute(
            "select key, state, severity from alert where job = ? and origin = 'script' and state <> 'resolved'", (job,))
            # The host's own watch over what is not known: a plan tells what the script's checks come to.
            if not key.endswith(" (unknown)")}
        series = {(name, labels): count for name, labels, count in database.execute(
            "select name, labels, coalesce(sum(count), 0) from series left join sample on series = series.id "
            "and span = (select min(span) from sample) where job = ? group by series.id", (job,))}
        state = dict(database.execute("select key, value from state where job = ?", (job,)))
    return {"alerts": alerts, "series": series, "state": state}


def untold(report, before, after):
    """Where a plan's alerts, metrics and state are not what the run then told."""
    lines = []
    planned = dict(before["alerts"])
    for alert in report["alerts"]:
        if alert.get("state") in ("pending", "firing"):
            planned[alert["key"]] = (alert["state"], alert.get("severity", "warning"))
        else:
            planned.pop(alert["key"], None)
    if planned != after["alerts"]:
        lines.append(f"alerts: {planned} were planned, they are {after['alerts']}")
    measured = {(metric["name"], json.dumps(metric.get("labels", {}), sort_keys=True)) for metric in report["metrics"]}
    grown = {(name, json.dumps(json.loads(labels), sort_keys=True)) for (name, labels), count in after["series"].items()
             if count != before["series"].get((name, labels), 0)}
    if measured != grown:
        lines.append(f"metrics: {sorted(measured - grown)} were planned and did not come, "
                     f"{sorted(grown - measured)} came and were not")
    keys = {step["key"] for step in report["plan"] if step["effect"] in ("set state", "delete state")}
    for key in after["state"].keys() | before["state"].keys():
        # A dry run may pretend another time: it does not watch the clock.
        if key != "clock" and after["state"].get(key) != before["state"].get(key) and key not in keys:
            lines.append(f"state {key} was changed, and not in the plan")
    for key, value in ((step["key"], step.get("value")) for step in report["plan"] if step["effect"] == "set state"):
        if value is not None and key not in after["state"] and not any(
                step["effect"] == "delete state" and step["key"] == key for step in report["plan"]):
            lines.append(f"state {key} was planned, and is not there")
    return lines


# A backup's parts and the figures in a log: their sizes and contents nobody can plan.
OPAQUE = re.compile(rb"(backup-\d{8}T\d{6}Z|\.unfinished-[^/]*)\.(tar\.zst|manifest|json)$|/health\.log$")


def renamed(facts, known):
    """The same facts with backups that are not among `known` called new, whatever their time."""
    def new(name):
        return name if name in known else re.sub(rb"backup-\d{8}T\d{6}Z", b"backup-NEW", name)
    facts = {new(name): dict(fact) for name, fact in facts.items()}
    for fact in facts.values():
        if "names" in fact:
            fact["names"] = sorted(map(new, fact["names"]))
    return facts


def members(archive):
    """How many files, links and other things but directories a .tar.zst archive holds, as tar says."""
    answer = subprocess.run(["tar", "--zstd", "-tvf", archive], capture_output=True, check=True)
    return sum(not line.startswith(b"d") for line in answer.stdout.splitlines())


def snapshot(root):
    """Names to facts; `root` is bytes. Names of one file carry the set of all its names."""
    found, names = {}, {}
    pending = [root]
    while pending:
        folder = pending.pop()
        for name in os.listdir(folder):
            path = folder + b"/" + name
            status = os.lstat(path)
            kind = KINDS[stat.S_IFMT(status.st_mode)]
            facts = {"kind": kind, "mode": oct(stat.S_IMODE(status.st_mode)), "owner": (status.st_uid, status.st_gid)}
            relative = path[len(root) + 1:]
            if kind == "directory":
                pending.append(path)
            else:
                facts["links"] = status.st_nlink
                names.setdefault((status.st_dev, status.st_ino), []).append(relative)
                facts["inode"] = (status.st_dev, status.st_ino)
            if kind == "link":
                facts["target"] = os.readlink(path)
            if kind == "file" and not OPAQUE.search(path):
                data = unpacked(name, read(path))
                facts["content"] = hashlib.sha256(data).hexdigest()
                facts["size"] = len(data)
                if data:
                    facts["modified"] = status.st_mtime_ns // 1000
            found[relative] = facts
    for facts in found.values():
        inode = facts.pop("inode", None)
        if inode:
            facts["names"] = sorted(names[inode])
            # Under whatever name it is read.
            if any(OPAQUE.search(b"/" + name) for name in facts["names"]):
                for key in ("content", "size", "modified"):
                    facts.pop(key, None)
    return found


def differences(expected, actual):
    """One line a difference."""
    lines = []
    for name in sorted(expected.keys() | actual.keys()):
        one, other = expected.get(name), actual.get(name)
        if one == other:
            continue
        if one is None or other is None:
            lines.append(f"{name!r}: {'not planned, but there' if one is None else 'planned, but not there'}")
            continue
        for key in sorted(one.keys() | other.keys()):
            if one.get(key) != other.get(key):
                lines.append(f"{name!r}: {key} {one.get(key)} was planned, it is {other.get(key)}")
    return lines


class Carrier:
    """Carries a plan out on a tree that was made like the one that was planned for, with plain system calls."""

    def __init__(self, root, over):
        self.root, self.over = root, over

    def path(self, value):
        data = named(value)
        if not data.startswith(self.root + b"/"):
            raise AssertionError(f"the plan reaches out of its tree: {data!r}")
        return self.over + data[len(self.root):]

    def carry(self, step):
        effect = step["effect"]
        if effect in NOT_FILES:
            return
        do = getattr(self, "do_" + effect.replace(" ", "_"), None)
        if do is None:
            raise AssertionError(f"the plan has an effect that nobody knows here: {step}")
        try:
            do(step)
        except OSError as problem:
            raise AssertionError(f"the plan cannot be carried out: {step}: {problem}") from problem

    def do_remove(self, step):
        os.unlink(self.path(step["path"]))

    def do_remove_directory(self, step):
        os.rmdir(self.path(step["path"]))

    def do_rename(self, step):
        to = self.path(step["to"])
        if os.path.lexists(to):
            raise OSError(errno.EEXIST, "something is there")
        os.rename(self.path(step["from"]), to)

    def fresh(self, path, data, step):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            os.fchown(file.fileno(), step["uid"], step["gid"])
            os.fchmod(file.fileno(), int(step["mode"], 8))

    def do_archive(self, step):
        for path in (step["path"], step["manifest"]):
            self.fresh(self.path(path), b"", step)

    def do_append(self, step):
        if "mode" in step:
            return self.fresh(self.path(step["path"]), b"?", step)
        with open(self.path(step["path"]), "ab") as file:
            file.write(b"?" * step["bytes"])

    def do_write(self, step):
        path = self.path(step["path"])
        if os.path.lexists(path):
            os.unlink(path)
        self.fresh(path, b"?", step)

    def do_create(self, step):
        self.fresh(self.path(step["path"]), b"", step)

    def do_copy(self, step):
        self.fresh(self.path(step["to"]), read(self.path(step["from"])), step)
        self.keep_times(step)

    def keep_times(self, step):
        if step.get("preserve", True):
            status = os.stat(self.path(step["from"]))
            os.utime(self.path(step["to"]), ns=(status.st_atime_ns, status.st_mtime_ns))

    def do_compress(self, step):
        data, to = read(self.path(step["from"])), self.path(step["to"])
        packed = gzip.compress(data) if to.endswith(b".gz") else subprocess.run(
            ["zstd", "-qc"], input=data, capture_output=True, check=True).stdout
        self.fresh(to, packed, step)
        self.keep_times(step)

    def do_truncate(self, step):
        os.truncate(self.path(step["path"]), step["size"])
        if "mode" in step:
            os.chmod(self.path(step["path"]), int(step["mode"], 8))


def named(value):
    """A path as bytes, however the report writes it."""
    if isinstance(value, dict):
        import base64
        return base64.b64decode(next(iter(value.values())))
    return value.encode("utf-8", "surrogateescape")
