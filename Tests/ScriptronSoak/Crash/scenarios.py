"""Ends in order, and hosts that meet: each function is one scenario, on a place of its own."""

import os
import signal
import socket
import sqlite3
import subprocess
import time

from host import Place, Trouble, wait_for

# What the host gives attempts when it stops, in seconds.
GRACE = 10


def expect(holds, text):
    if not holds:
        raise Trouble(text)


def read(place, query):
    """The rows of a query on the store; none while there is no store."""
    path = os.path.join(place.state, "store", "scriptron.db")
    try:
        database = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)
    except sqlite3.OperationalError:
        return []
    try:
        database.row_factory = sqlite3.Row
        return [dict(row) for row in database.execute(query)]
    except sqlite3.OperationalError:
        return []
    finally:
        database.close()


def the_run(place):
    runs = read(place, "SELECT * FROM run ORDER BY id")
    return runs[0] if runs else None


def outcomes(place):
    return [row["outcome"] for row in read(place, "SELECT outcome FROM attempt ORDER BY run, number")]


def at_work(place):
    """Waits until an attempt sleeps in its script, and returns its worker."""
    query = "SELECT 1 FROM attempt WHERE outcome IS NULL"
    wait_for("an attempt runs", 20, lambda: read(place, query))
    return wait_for("its worker is there", 20, place.workers)


def stopped_clean(place, code):
    expect(code == 0, f"the host ended with code {code}")
    expect(not place.processes(), f"processes are left: {place.processes()}")


def finishes(place):
    """SIGTERM in mid-run: the run ends within the grace, as if nothing had been; nothing else starts."""
    place.job("work", schedule="@start", after="2")
    place.job("tick", before="0.05")
    place.start()
    at_work(place)
    wait_for("the long run is at work", 10, lambda: os.path.exists(os.path.join(place.state, "tmp/witness/work")))
    began = time.time()
    stopped_clean(place, place.stop())
    expect(time.time() - began < GRACE, "it waited longer than the run took")
    run = read(place, "SELECT * FROM run WHERE job = 'work'")[0]
    expect(run["outcome"] == "succeeded" and run["cuts"] == 0, f"the run ended {run['outcome']}")
    late = read(place, f"SELECT id FROM attempt, run WHERE run = id AND attempt.started > {int((began + 1) * 1e6)}")
    expect(not late, f"attempts began after SIGTERM: {late}")


def redone(place):
    """A run that is longer than the grace is cancelled, and redone at the next start, once."""
    place.job("work", schedule="@start", before="this.trigger == 'start' and 60 or 0")
    place.start()
    at_work(place)
    began = time.time()
    stopped_clean(place, place.stop())
    took = time.time() - began
    expect(GRACE - 0.5 < took < GRACE + 8, f"SIGTERM took {took:.1f} s, the grace is {GRACE} s")
    run = the_run(place)
    expect(run["state"] == "waiting" and run["cuts"] == 1, f"the run is {run['state']}, {run['cuts']} cuts")
    expect(outcomes(place) == ["cancelled"], f"its attempts ended {outcomes(place)}")
    # No start of its own any more, so that what runs now is the run that was cut.
    place.job("work", schedule="0 0 1 1 *", before="this.attempt == 2 and 0.2 or 60")
    place.start()
    at_work(place)
    began = time.time()
    place.process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    stopped_clean(place, place.stop())
    expect(time.time() - began < 5, "the second SIGTERM did not stop it at once")
    run = the_run(place)
    expect(run["state"] == "ended" and run["outcome"] == "lost", f"cut twice, the run is {run['state']}")
    expect(run["attempts"] == 2 and run["cuts"] == 2, f"{run['attempts']} attempts, {run['cuts']} cuts")
    place.start()
    time.sleep(1)
    place.stop()
    expect(len(outcomes(place)) == 2, "it was run a third time")


def second_signal(place):
    """A second SIGTERM ends the attempt at once; the run is redone, and then succeeds."""
    place.job("work", schedule="@start", before="this.attempt == 1 and 60 or 0")
    place.start()
    at_work(place)
    began = time.time()
    place.process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    expect(place.process.poll() is None, "the first SIGTERM did not wait for the run")
    stopped_clean(place, place.stop())
    expect(time.time() - began < 5, "the second SIGTERM did not stop it at once")
    expect(the_run(place)["cuts"] == 1, "the run does not count as cut")
    place.start()
    wait_for("the run is redone", 20, lambda: the_run(place)["outcome"])
    stopped_clean(place, place.stop(patience=GRACE + 15))
    expect(outcomes(place)[:2] == ["cancelled", "succeeded"], f"its attempts ended {outcomes(place)}")
    with open(os.path.join(place.state, "tmp/witness/work"), encoding="ascii") as file:
        lines = [line for line in file if line.split()[1] == str(the_run(place)["id"])]
    expect(len(lines) == 1, f"it left {len(lines)} witnesses")


def second_host(place):
    """Another host on the state directory is refused and names the holder, which goes on."""
    place.job("tick")
    place.start()
    with open(os.path.join(place.directory, "second.log"), "w+b") as output:
        second = place.launch(output)
        try:
            code = second.wait(20)
        except subprocess.TimeoutExpired:
            second.kill()
            second.wait()
            raise Trouble("the second host was not refused") from None
        output.seek(0)
        said = output.read().decode()
    expect(code == 1, f"the second host ended with code {code}")
    expect(f"pid {place.process.pid})" in " ".join(said.split()), f"it does not name the holder: {said}")
    after = time.time() * 1e6
    query = f"SELECT 1 FROM run WHERE outcome = 'succeeded' AND fire_time > {int(after)}"
    wait_for("the first host goes on", 20, lambda: read(place, query))
    expect(answers(place), "the first host's socket does not answer any more")
    stopped_clean(place, place.stop())


def answers(place):
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(5)
        try:
            client.connect(os.path.join(place.state, "scriptron.sock"))
            client.sendall(b"GET / HTTP/1.1\r\nHost: scriptron\r\nConnection: close\r\n\r\n")
            return client.recv(16).startswith(b"HTTP/1.1 ")
        except OSError:
            return False


def stale_socket(place):
    """The socket that a dead host left is replaced."""
    place.job("tick")
    place.start()
    expect(answers(place), "the socket does not answer")
    place.kill()
    expect(os.path.exists(os.path.join(place.state, "scriptron.sock")), "a killed host leaves its socket")
    expect(not answers(place), "a dead host's socket answers")
    place.start()
    expect(answers(place), "the socket does not answer after the next start")
    stopped_clean(place, place.stop())


def orphans(place):
    """Programs of a run that daemonised end with the worker, with the zygote and with the host."""
    place.programs_job("work")
    sleeps = lambda: place.processes("sleep-under-test")
    for victim in ["worker", "zygote", "host"]:
        place.start()
        wait_for(f"both programs run, before the {victim} is killed", 20, lambda: len(sleeps()) == 2)
        if victim == "host":
            place.kill()
        else:
            os.kill(place.zygote() if victim == "zygote" else place.workers("work")[0], signal.SIGKILL)
        wait_for(f"the programs end with the {victim}", 10, lambda: not sleeps())
        if victim != "host":
            expected = "failed" if victim == "worker" else "succeeded"
            query = "SELECT outcome FROM run WHERE id = (SELECT max(id) FROM run)"
            wait_for(f"the run is {expected}", 20, lambda: read(place, query)[0]["outcome"] == expected)
            stopped_clean(place, place.stop())
    wait_for("the zygote ends with its host", 10, lambda: not place.processes())


ALL = {
    "finishes": finishes,
    "redone": redone,
    "second-signal": second_signal,
    "second-host": second_host,
    "stale-socket": stale_socket,
    "orphans": orphans,
}


def run(name, binary, keep):
    """Runs a scenario; whether all was as expected."""
    signal.alarm(150)
    place = Place(binary)
    good = False
    try:
        ALL[name](place)
        good = True
    except Trouble as trouble:
        print(f"wrong: {trouble}")
        print("".join("  host: " + line + "\n" for line in place.said().splitlines()[-25:]), end="")
    finally:
        if keep and not good:
            print(f"kept: {place.directory}")
        place.close(keep=keep and not good)
    return good
