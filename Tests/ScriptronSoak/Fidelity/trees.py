"""Random trees and settings for jobs, each from a seed; made twice, both are alike."""
import os
import time

HOUR = 3600


class Tree:
    """Makes a tree, and tells what is odd in it."""

    def __init__(self, random, root, owners, now):
        self.random, self.root, self.owners, self.now = random, root, owners, now
        self.odd = set()
        self.paths = []
        self.times = []
        self.counter = 0

    def at(self, name):
        return os.path.join(self.root, name)

    def aged(self, path, age=None):
        # Far from every border, for the real run comes some seconds after the planned one.
        age = age if age is not None else self.random.choice([60, 20 * 60, 3 * HOUR, 30 * HOUR, 20 * 24 * HOUR])
        self.times.append((path, self.now - age - self.random.randrange(30)))

    def finish(self):
        for path, when in reversed(self.times):
            if os.path.lexists(path):
                os.utime(path, (when, when), follow_symlinks=False)

    def own(self, path):
        uid = self.random.choice(self.owners)
        os.chown(path, uid, uid, follow_symlinks=False)

    def directory(self, name):
        path = self.at(name)
        os.makedirs(path, exist_ok=True)
        os.chmod(path, 0o755)
        self.own(path)
        self.aged(path)
        return path

    def file(self, name, size=None, mode=None):
        path = self.at(name)
        size = self.random.choice([0, 1, 300, 5000, 70_000]) if size is None else size
        mode = mode if mode is not None else self.random.choice([0o644, 0o600, 0o640, 0o755])
        with open(path, "xb") as file:
            file.write(self.random.randbytes(min(size, 200)) * (size // 200 + 1) if size > 200
                       else self.random.randbytes(size))
            file.truncate(size)
        self.own(path)
        os.chmod(path, mode)
        self.aged(path)
        self.paths.append(path)
        return path

    def fresh(self, folder, ending=b""):
        self.counter += 1
        stem = self.random.choice([b"plain", b"keep", b"with space", b"line\nbreak", b"\xff\xfe", "grün".encode(),
                                   b"-dash", b"*star"])
        if stem == b"\xff\xfe":
            self.odd.add("a name that is not UTF-8")
        return os.path.join(folder, stem + str(self.counter).encode() + ending)

    def oddity(self, folder, ending=b""):
        """Something that is no plain file."""
        which = self.random.choice(["hard link", "dangling link", "unreadable entry", "FIFO", "link", "full mode"])
        path = self.at(self.fresh(folder, ending))
        if which == "hard link":
            if not self.paths:
                return
            try:
                os.link(self.random.choice(self.paths), path)
            except FileNotFoundError:
                return
        elif which == "dangling link":
            os.symlink(b"nowhere/at all", path)
            self.own(path)
            self.aged(path)
        elif which == "link":
            os.symlink(os.path.basename(self.random.choice(self.paths)) if self.paths else b"..", path)
            self.aged(path)
        elif which == "FIFO":
            os.mkfifo(path)
            self.own(path)
            self.aged(path)
        elif which == "unreadable entry":
            if self.random.random() < 0.5:
                self.file(os.path.relpath(path, self.root), mode=0)
            else:
                self.directory(os.path.relpath(path, self.root))
                self.file(os.path.relpath(path, self.root) + b"/within")
                os.chmod(path, 0)
        else:
            self.file(os.path.relpath(path, self.root), mode=self.random.choice([0o1644, 0o4755]))
        self.odd.add(which)


def lua(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, list):
        return "{ " + ", ".join(map(lua, value)) + " }"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {lua(item)}" for key, item in value.items()) + " }"
    return '"' + value.replace("\\", "\\\\") + '"'


class Sweep:
    name = "sweep"

    @staticmethod
    def settings(random):
        settings = {
            "paths": random.choice([["data"], ["data/a", "data/b"], ["data/a", "data"]]),
            "older_than": random.choice(["10m", "2h", "1d", "10d"]), "clock": random.choice(["mtime", "mtime", "atime"]),
            "empty_dirs": random.random() < 0.8, "keep_open": random.choice(["known", "never"]),
        }
        if random.random() < 0.2:
            settings["pattern"] = random.choice([["*.tmp"], ["plain*", "*star*"]])
        if random.random() < 0.3:
            settings["exclude"] = random.choice([["keep*"], ["b"], ["*.tmp"]])
        if random.random() < 0.3:
            settings["size_target"] = random.choice(["0KiB", "40KiB", "200KiB"])
        return settings

    @staticmethod
    def grow(tree):
        random = tree.random
        folders = [tree.directory(b"a"), tree.directory(b"b")]
        names = [b"a", b"b"]
        for _ in range(random.randrange(2, 8)):
            name = tree.fresh(random.choice(names))
            names.append(name)
            folders.append(tree.directory(name))
        for _ in range(random.randrange(5, 30)):
            tree.file(tree.fresh(random.choice(names), random.choice([b"", b".tmp"])))
        for _ in range(random.randrange(2, 8)):
            tree.oddity(random.choice(names))


class Rotate:
    name = "rotate"
    covered = ["existing target"]

    @staticmethod
    def settings(random):
        settings = {
            "paths": random.choice([["data/*.log"], ["data/**.log"], ["data/*.log", "data/a/*.log"]]),
            "size": random.choice(["1KiB", "4KiB", "64KiB"]), "method": random.choice(["rename", "copytruncate"]),
            "names": random.choice(["numbered", "numbered", "dated"]),
            "compress": random.choice(["zstd", "gzip", "none"]), "keep_open": random.choice(["known", "never"]),
            "keep": random.choice([{"count": 0}, {"count": 1}, {"count": 2}, {"count": 5, "age": "10d"},
                                   {"size": "20KiB"}, {"count": 3, "size": "1KiB"},
                                   {"count": 4, "free": "100KiB"}]),
        }
        if settings["names"] == "dated":
            settings["date_format"] = "-%Y%m%d"
        if random.random() < 0.3:
            settings["time"] = random.choice(["daily", "monthly"])
        if random.random() < 0.3:
            settings["compress_after"] = random.randrange(3)
        if settings["method"] == "rename":
            settings["create"] = random.random() < 0.7
            if random.random() < 0.3:
                settings["mode"] = random.choice(["0640", "0600"])
        if random.random() < 0.3:
            settings["empty"] = True
        if random.random() < 0.3:
            settings["exclude"] = random.choice([["keep*"], ["plain*"]])
        return settings

    @staticmethod
    def grow(tree):
        random = tree.random
        tree.directory(b"a")
        # One that is always due, of the job's own user: a plan that is empty shows nothing.
        os.chown(tree.file(b"due.log", size=70_000, mode=0o640), tree.owners[0], tree.owners[0])
        for _ in range(random.randrange(2, 7)):
            log = tree.fresh(random.choice([b"", b"", b"a"]), b".log")
            tree.file(log)
            for number in range(1, random.randrange(1, 5)):
                if random.random() < 0.8:
                    ending = random.choice([b"", b"", b".zst", b".gz"])
                    tree.file(log + b".%d" % number + ending)
                    if random.random() < 0.1 and not os.path.lexists(tree.at(log + b".%d" % number)):
                        tree.file(log + b".%d" % number)
            today = time.strftime("-%Y%m%d", time.gmtime(tree.now)).encode()
            if random.random() < 0.2:
                tree.file(log + random.choice([today, b"-20260101", b"-20251224"]) + random.choice([b"", b".zst"]))
            if random.random() < 0.2:
                tree.odd.add("existing target")
                target = log + random.choice([b".1", b".2", today])
                if not os.path.lexists(tree.at(target)):
                    random.choice([tree.file, tree.directory])(target)
        for _ in range(random.randrange(2, 6)):
            tree.oddity(random.choice([b"", b"a"]), b".log")


class Backup:
    name = "backup"
    covered = ["existing target"]
    # Blocks of a full disk that are left; with none, it fails before it plans anything.
    left = [0, 5, 100, 1000, 4000]

    @staticmethod
    def settings(random):
        settings = {
            "paths": random.choice([["data/src"], ["data/src/a", "data/src/b"]]), "targets": ["data/out"],
            "store": False, "machine": "here", "prove": "never", "keep": {"last": random.randrange(1, 4)},
            "allow_unreadable": random.random() < 0.88,
        }
        if random.random() < 0.4:
            settings["exclude"] = random.choice([["keep*"], ["*.tmp"]])
        return settings

    @staticmethod
    def grow(tree):
        os.mkdir(tree.at(b"out"))
        os.chown(tree.at(b"out"), tree.owners[0], tree.owners[0])
        if tree.random.random() < 0.4:
            # What a run left that was killed.
            for ending in (b".tar.zst", b".manifest"):
                path = tree.file(b"out/.unfinished-backup@here" + ending)
                os.chown(path, tree.owners[0], tree.owners[0])
            tree.odd.add("existing target")
        tree.root = tree.at(b"src")
        os.mkdir(tree.root)
        Sweep.grow(tree)

    @staticmethod
    def before(random, run, path):
        """Earlier backups, so that the policy has something to remove."""
        for number in range(random.randrange(0, 4)):
            with open(path("disk/data/src/a/earlier-%d" % number), "x") as file:
                file.write("%d" % number)
            run("run", "backup")
        if random.random() < 0.97:
            with open(path("disk/data/src/a/new"), "x") as file:
                file.write("new")


class Retry:
    """Tasks of a spool and of a queue; commands that succeed, for what a program answers is assumed in a plan."""
    name = "retry"

    @staticmethod
    def settings(random):
        return {"spool": "data/spool", "programs": ["true"], "spool_age": random.choice(["2s", "10m"])}

    @staticmethod
    def grow(tree):
        tree.directory(b"spool")
        for _ in range(tree.random.randrange(1, 8)):
            path = tree.file(tree.fresh(b"spool", tree.random.choice([b".json", b".json", b".json", b".tmp"])), size=0)
            with open(path, "w") as file:
                file.write(tree.random.choice(['{"command": ["true"]}', '{"command": ["true"]}', '{"neither": 1}', "{", ""]))
        for _ in range(tree.random.randrange(4, 9)):
            tree.oddity(b"spool", b".json")

    @staticmethod
    def before(random, run, path):
        for number in range(random.randrange(0, 4)):
            run("queue", "push", "default", random.choice(['{"command": ["true"]}', '{"neither": 1}']),
                "--key", f"before-{number}")


class Health:
    """Vitals that stand still: limits that are always kept, or always broken, whatever the machine does meanwhile."""
    name = "health"
    covered = ["existing target"]

    @staticmethod
    def rule(random, side, bad, good):
        rule = {"for_runs": random.choice([0, 1, 1, 2, 3]), "severity": random.choice(["info", "warning", "critical"])}
        rule[side] = rule["clear"] = bad if random.random() < 0.4 else good
        return rule

    @staticmethod
    def page(random):
        url = "http://127.0.0.1:" + random.choice(["PORT/well", "PORT/well", "PORT/other", "PORT/broken", "PORT/gone", "1/"])
        if random.random() < 0.4:
            return url
        page = {"url": url}
        if random.random() < 0.6:
            page["contains"] = "well"
        if random.random() < 0.3:
            page["status"] = random.choice(["2xx", 404])
        return page

    @classmethod
    def settings(cls, random):
        settings = {name: cls.rule(random, "above", -1, 1e9) for name in (
            "load_per_core", "swap_used", "pressure_cpu", "pressure_memory", "pressure_io", "disk_used", "disk_inodes")}
        settings["store_size"] = cls.rule(random, "above", 0, 1 << 50)
        # The processors are known from a host's second look on: of two commands, each is a host's first.
        settings["cpu_busy"] = settings["cpu_iowait"] = {"for_runs": 1}
        settings["memory_available"] = cls.rule(random, "below", 101, -1)
        settings["store_free"] = cls.rule(random, "below", 1 << 60, 0)
        settings["disk_full"] = {"for_runs": 0}
        settings["disks_expected"] = random.choice([[], ["/"], ["/nowhere/at/all"], ["/", "data"]])
        settings["network"] = random.random() < 0.5
        if settings["network"]:
            # Port 1 has nobody who answers.
            if random.random() < 0.7:
                settings["services"] = {name: "127.0.0.1:PORT" if random.random() < 0.5 else "127.0.0.1:1"
                                        for name in ("one", "two", "three")[:random.randrange(1, 4)]}
            if random.random() < 0.8:
                settings["pages"] = {name: cls.page(random) for name in ("a", "b", "c")[:random.randrange(1, 4)]}
                settings["page_down"] = {"for_runs": random.choice([0, 1, 2]),
                                         "severity": random.choice(["info", "critical"])}
                settings["page_slow"] = {"above": "1h", "clear": "30m"} if random.random() < 0.5 else {"for_runs": 0}
        elif random.random() < 0.5:
            settings["services"] = {"ear": "127.0.0.1:PORT"}
        if random.random() < 0.4:
            settings["units"] = random.choice([["no-such"], ["nginx", "no-such"]])
            settings["unit_down"] = {"for_runs": random.choice([0, 1, 2])}
        settings["service_down"] = {"for_runs": random.choice([0, 1, 1, 2])}
        if random.random() < 0.4:
            settings["job_ages"] = random.choice([{"health": "1d"}, {"none": "1d"}])
        if random.random() < 0.4:
            settings["backup_ages"] = {"health": "9d"}
        if random.random() < 0.7:
            settings["log"] = "data/health.log"
        return settings

    @staticmethod
    def grow(tree):
        if tree.random.random() < 0.6:
            tree.file(b"health.log")
            tree.odd.add("existing target")
        tree.file(b"plain")
        for _ in range(tree.random.randrange(4, 9)):
            tree.oddity(b"")

    @staticmethod
    def before(random, run, path):
        for _ in range(random.randrange(0, 4)):
            run("run", "health")


JOBS = {job.name: job for job in (Sweep, Rotate, Backup, Retry, Health)}
