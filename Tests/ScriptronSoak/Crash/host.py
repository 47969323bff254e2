"""A working directory with jobs, and the real host in it; ends only what it started."""

import ctypes
import os
import shutil
import signal
import subprocess
import tempfile
import time

LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG = 1

CONFIGURATION = """
return {
  ceiling = { read = { "." }, write = { "var/tmp" }, run = { "sh", "setsid", "./sleep-under-test" } },
}
"""

JOB = """
return job {
  about    = "Leave a witness of each fire time",
  schedule = %(schedule)s,
  timeout  = "90s",
  redo     = %(redo)s,
  catch_up = "once",
  needs    = function() return { write = { "var/tmp/witness" } } end,
  run = function(settings, this)
    local fire_time = math.floor(this.fire_time)
    local before, after = %(before)s, %(after)s
    if before > 0 then time.sleep(before) end
    fs.append("var/tmp/witness/" .. this.job, string.format("%%d %%d %%d\\n", fire_time, this.id, this.attempt))
    if after > 0 then time.sleep(after) end
  end,
}
"""

# It starts one program that does what it can to get away, and waits for another.
PROGRAMS_JOB = """
return job {
  about    = "Leave programs behind",
  schedule = "@start",
  needs    = function() return { run = { "sh", "setsid", "./sleep-under-test" } } end,
  run = function(settings, this)
    if this.attempt > 1 then return end
    local sleep = "%(sleep)s 120"
    process.run({ "sh", "-c", "trap '' TERM HUP; (setsid " .. sleep .. " & ) & " .. sleep })
  end,
}
"""


class Trouble(Exception):
    """What ends a test; its text says what was expected."""


def name_of(pid):
    try:
        with open(f"/proc/{pid}/comm") as file:
            return file.read().strip()
    except OSError:
        return None


def children(pid):
    """The pids of the children of a process, of all of its threads."""
    found = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children", encoding="ascii") as file:
                found += [int(word) for word in file.read().split()]
    except (FileNotFoundError, ProcessLookupError):
        pass
    return found


def wait_for(what, seconds, question, every=0.02):
    """Waits until the question has an answer that is true, and returns it."""
    end = time.monotonic() + seconds
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > end:
            raise Trouble(f"not within {seconds} s: {what}")
        time.sleep(every)


class Place:
    """The directory, and the one host in it."""

    def __init__(self, binary):
        # /tmp belongs to root and is sticky, which the host accepts as a parent.
        self.directory = tempfile.mkdtemp(prefix="scriptron-crash-")
        self.state = os.path.join(self.directory, "var")
        # A name of its own, by which every process of this host, and none of another, is found.
        self.binary = os.path.join(self.directory, "scriptron-under-test")
        try:
            os.link(os.path.realpath(binary), self.binary)
        except OSError:
            shutil.copy2(binary, self.binary)
        os.mkdir(os.path.join(self.directory, "jobs"))
        os.makedirs(os.path.join(self.state, "tmp", "witness"))
        with open(os.path.join(self.directory, "scriptron.lua"), "w", encoding="ascii") as file:
            file.write(CONFIGURATION)
        self.log = open(os.path.join(self.directory, "host.log"), "ab")
        self.process = None
        self.starts = 0

    def job(self, name, schedule="* * * * * *", redo=True, before="0", after="0"):
        values = {
            "schedule": f'"{schedule}"', "redo": "true" if redo else "false", "before": before, "after": after,
        }
        with open(os.path.join(self.directory, "jobs", name + ".lua"), "w", encoding="ascii") as file:
            file.write(JOB % values)

    def programs_job(self, name):
        sleep = os.path.join(self.directory, "sleep-under-test")
        shutil.copy2("/bin/sleep", sleep)
        with open(os.path.join(self.directory, "jobs", name + ".lua"), "w", encoding="ascii") as file:
            file.write(PROGRAMS_JOB % {"sleep": sleep})

    # The host.

    def start(self, wait=True):
        """Starts the host; with `wait`, until it says that it is up. The instant at which it did."""
        self.starts += 1
        mark = self.log.seek(0, os.SEEK_END)
        self.process = self.launch(self.log)
        if not wait:
            return None
        wait_for("the host says that it is up", 30, lambda: self.is_up(mark))
        return time.time()

    def launch(self, output):
        """A host process that dies with this one."""
        command = [self.binary, "serve", "--config", os.path.join(self.directory, "scriptron.lua")]
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, cwd=self.directory,
            preexec_fn=lambda: LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL))

    def is_up(self, mark):
        if self.process.poll() is not None:
            raise Trouble(f"the host ended with code {self.process.returncode}: {self.said(mark)}")
        said = self.said(mark)
        if " is broken: " in said:
            raise Trouble(f"a job of the test is broken: {said}")
        return " is up" in said

    def said(self, mark=0):
        with open(self.log.name, "rb") as file:
            file.seek(mark)
            return file.read().decode("utf-8", "replace")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self, patience=30):
        """Stops it in order; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(patience)
        except subprocess.TimeoutExpired:
            raise Trouble(f"the host did not stop within {patience} s of SIGTERM") from None

    # Its processes.

    def zygote(self):
        """The pid of the zygote, or None while there is none."""
        for pid in children(self.process.pid):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    if b"zygote" in file.read().split(b"\0"):
                        return pid
            except (FileNotFoundError, ProcessLookupError):
                pass
        return None

    def workers(self, job=None):
        """The zygote's children; with `job` those that run it, without also the one that waits for its part."""
        zygote = self.zygote()
        return [pid for pid in children(zygote) if job is None or name_of(pid) == job] if zygote else []

    def processes(self, binary="scriptron-under-test"):
        """All processes that run this place's binary, whoever their parent is now."""
        binary = os.path.join(self.directory, binary)
        found = []
        for name in os.listdir("/proc"):
            if not name.isdigit():
                continue
            try:
                if os.readlink(f"/proc/{name}/exe").split(" ")[0] == binary:
                    found.append(int(name))
            except OSError:
                pass
        return found

    def close(self, keep=False):
        """Ends what is left, and removes the directory."""
        for pid in self.processes() + self.processes("sleep-under-test"):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        if self.process:
            self.process.wait()
        self.log.close()
        if not keep:
            shutil.rmtree(self.directory, ignore_errors=True)
