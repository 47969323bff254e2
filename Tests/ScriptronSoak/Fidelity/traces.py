"""What a dry run could have left on the machine: in the tree, in the store, in the network, among the processes."""
import ctypes
import os
import socket
import sqlite3


SUBREAPER = 36


class Ears:
    """Sockets that listen, and count who came."""

    def __init__(self, place):
        self.sockets = []
        self.path = os.path.join(place, "ear")
        self.abstract = f"\0fidelity-{os.getpid()}-{id(self)}"
        for family, address in ((socket.AF_INET, ("127.0.0.1", 0)), (socket.AF_UNIX, self.path),
                                (socket.AF_UNIX, self.abstract)):
            ear = socket.socket(family)
            ear.bind(address)
            ear.listen(64)
            ear.setblocking(False)
            self.sockets.append(ear)
        os.chmod(self.path, 0o777)
        self.port = self.sockets[0].getsockname()[1]
        # What is only sent, to a port that nobody asked to be opened.
        self.datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.datagrams.bind(("127.0.0.1", self.port))
        self.datagrams.setblocking(False)

    def heard(self):
        """How many came since the last look."""
        count = 0
        for ear in self.sockets:
            while True:
                try:
                    ear.accept()[0].close()
                    count += 1
                except BlockingIOError:
                    break
        while True:
            try:
                self.datagrams.recv(65536)
                count += 1
            except BlockingIOError:
                return count

    def close(self):
        for ear in self.sockets + [self.datagrams]:
            ear.close()


def adopt_orphans():
    """Whatever loses its parent becomes a child of this process, and is seen."""
    ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)


def processes():
    """The children of this process, those that it did not start too."""
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                break
        except ChildProcessError:
            break
    found = set()
    for task in os.listdir("/proc/self/task"):
        with open(f"/proc/self/task/{task}/children") as file:
            found.update(file.read().split())
    return found


def store(path):
    """All rows of all tables."""
    if not os.path.exists(path):
        return {}
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        tables = [name for name, in database.execute("select name from sqlite_master where type = 'table'")]
        return {name: sorted(map(repr, database.execute(f'select * from "{name}"'))) for name in tables}


# What SQLite itself lays beside a store as soon as somebody reads it.
BESIDE = (b"scriptron.db-wal", b"scriptron.db-shm")


def files(root):
    """Everything below a directory, with what lstat says of it (reading must leave no trace either)."""
    found, pending = {}, [os.fsencode(root)]
    while pending:
        folder = pending.pop()
        for name in os.listdir(folder):
            path = os.path.join(folder, name)
            status = os.lstat(path)
            is_beside = name in BESIDE
            is_store = folder.endswith(b"state/store")
            if os.path.isdir(path) and not os.path.islink(path):
                pending.append(path)
            if not is_beside:
                found[path] = (status.st_mode, status.st_uid, status.st_gid, status.st_nlink, status.st_ino,
                               None if name == b"store" else status.st_mtime_ns,
                               None if name == b"store" else status.st_ctime_ns,
                               None if is_store else status.st_size)
    return found


class Trace:
    """What there is now; compared with what there is later."""

    def __init__(self, place):
        self.place = place
        self.seen = self.look()

    def look(self):
        return {"files": files(self.place), "store": store(os.path.join(self.place, "state/store/scriptron.db")),
                "processes": processes()}

    def changes(self, ears):
        """One line for each thing that is not as it was."""
        lines, now = [], self.look()
        for path in sorted(self.seen["files"].keys() | now["files"].keys()):
            one, other = self.seen["files"].get(path), now["files"].get(path)
            if one != other:
                lines.append(f"{path!r}: {one} became {other}")
        for what in ("store", "processes"):
            if self.seen[what] != now[what]:
                lines.append(f"{what}: {self.seen[what]} became {now[what]}")
        heard = ears.heard()
        if heard:
            lines.append(f"{heard} connections or datagrams came")
        return lines


