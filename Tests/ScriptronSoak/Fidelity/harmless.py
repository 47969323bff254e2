#!/usr/bin/env python3
"""Whether a dry run can do any harm: a script that tries everything, and a program that says that it only reads and
tries everything, as root and as nobody. Tree, store, queue, network and processes must be as before.

Usage: harmless.py BINARY
Its last line is "harmless: as expected".
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile

import traces

BINARY = os.path.realpath(sys.argv[1])
HERE = os.path.dirname(os.path.realpath(__file__))
NOBODY = 65534
# What leaves nothing behind, or is as good as a thought: done to what the program itself is.
MAY_BE_DONE = {"fork", "setuid", "signal all", "shared memory", "listen", "scheduler"}
traces.adopt_orphans()


def fill(data):
    os.makedirs(os.path.join(data, "folder"))
    os.mkdir(os.path.join(data, "empty"))
    for name in ("kept", "other", "log", "folder/within"):
        with open(os.path.join(data, name), "w") as file:
            file.write(name * 100)


class Place:
    def __init__(self, user):
        self.user, self.place = user, tempfile.mkdtemp(prefix="harmless-")
        os.chmod(self.place, 0o755)
        self.data = os.path.join(self.place, "disk/data")
        fill(self.data)
        os.mkdir(os.path.join(self.place, "jobs"))
        for name in ("hostile.lua", "hostile_program.lua"):
            shutil.copy(os.path.join(HERE, name), os.path.join(self.place, "jobs"))
        shutil.copy(os.path.join(HERE, "attack.py"), self.place)
        self.ears = traces.Ears(self.place)
        # What a signal would end: of the same user, and by a name of its own.
        victim = os.path.join(self.place, "victim")
        shutil.copy(shutil.which("sleep"), victim)
        if user != os.getuid():
            for folder, folders, names in os.walk(self.place):
                for name in [folder] + [os.path.join(folder, one) for one in folders + names]:
                    os.chown(name, user, user)
        self.victim = subprocess.Popen([victim, "600"], **self.identity())
        settings = (f'root = "disk/data", port = {self.ears.port}, ear = "ear", program = "attack.py"')
        with open(os.path.join(self.place, "scriptron.lua"), "w") as file:
            file.write('return { jobs_dir = "jobs", state_dir = "state", ceiling = { read = { ".", "/usr" }, '
                       f'write = {{ "disk/data" }}, run = {{ "python3", "sh" }}, signal = {{ "victim" }}, '
                       f'connect = {{ "127.0.0.1:*", "unix:{self.ears.path}" }} }}, jobs = {{ '
                       f'hostile = {{ settings = {{ {settings} }} }}, hostile_program = {{ settings = {{ {settings}, '
                       f'abstract = "{self.ears.abstract[1:]}", victim = {self.victim.pid} }} }} }} }}\n')

    def identity(self):
        return {"user": self.user, "group": self.user, "extra_groups": []} if self.user != os.getuid() else {}

    def scriptron(self, *words):
        return subprocess.run([BINARY, *words], cwd=self.place, capture_output=True, text=True, timeout=120,
                              stdin=subprocess.DEVNULL, **self.identity(),
                              env={"PATH": os.environ["PATH"], "SCRIPTRON_CONFIG": self.place + "/scriptron.lua"})

    def dry_run(self, job):
        """What is not as it was, and the report."""
        self.ears.heard()
        trace = traces.Trace(self.place)
        shared = subprocess.run(["cat", "/proc/sysvipc/shm"], capture_output=True, text=True).stdout
        answer = self.scriptron("test", job, "--json")
        lines = trace.changes(self.ears)
        if self.victim.poll() is not None:
            lines.append("the process that should be spared is gone")
        for path in ("/tmp/planted-by-a-dry-run", "/dev/shm/planted-by-a-dry-run"):
            if os.path.exists(path):
                lines.append(f"{path} was made")
                os.unlink(path)
        if subprocess.run(["cat", "/proc/sysvipc/shm"], capture_output=True, text=True).stdout != shared:
            lines.append("shared memory of System V was made")
        try:
            return lines, json.loads(answer.stdout)
        except ValueError:
            return lines + [f"no report: {answer.stdout} {answer.stderr}"], {}

    def close(self):
        self.victim.kill()
        self.victim.wait()
        self.ears.close()
        shutil.rmtree(self.place, ignore_errors=True)


def judge(place):
    """What is wrong with the dry runs of one user."""
    place.scriptron("queue", "push", "default", '{"command": ["true"]}', "--key", "before")
    lines, report = place.dry_run("hostile")
    tried = report.get("result") or []
    print(f"as user {place.user}: {len(tried)} attempts of a script, of which {len(report.get('plan', []))} steps planned")
    if len(tried) < 35:
        lines.append(f"the script did not try all: {json.dumps(report)[:2000]}")
    more, report = place.dry_run("hostile_program")
    tried = (report.get("result") or "").splitlines()
    done = {line.split(":")[0] for line in tried if line.endswith(": DONE")}
    print(f"as user {place.user}: {len(tried)} attempts of a program, of which done: {', '.join(sorted(done)) or 'none'}")
    if len(tried) < 50:
        more.append(f"the program did not try all: {json.dumps(report)[:2000]}")
    if done - MAY_BE_DONE:
        more.append(f"the program could {', '.join(sorted(done - MAY_BE_DONE))}")
    # That the traces would be seen: the same, done by hand.
    trace = traces.Trace(place.place)
    with open(os.path.join(place.data, "kept"), "a") as file:
        file.write("x")
    if not trace.changes(place.ears):
        more.append("a change that was made by hand was not seen")
    return lines + more


wrong = []
for user in sorted({os.getuid(), NOBODY} if os.getuid() == 0 else {os.getuid()}):
    place = Place(user)
    try:
        wrong += [f"as user {user}: {line}" for line in judge(place)]
    finally:
        place.close()
if wrong:
    print(*wrong, sep="\n")
    sys.exit("harmless: a dry run left traces")
print("harmless: as expected")
