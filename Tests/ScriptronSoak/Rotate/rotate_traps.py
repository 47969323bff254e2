#!/usr/bin/env python3
"""What has cost others their logs, done to the job rotate in the real sandbox. It needs root, for mounts and users.

Usage: rotate_traps.py BINARY [--swaps SECONDS]
Its last line is "rotate traps: as expected", or it ends with an error.
"""
import argparse
import hashlib
import os
import re
import subprocess
import sys

from rotation import Place, content, die_with_parent, generations

parser = argparse.ArgumentParser()
parser.add_argument("binary")
parser.add_argument("--swaps", type=float, default=4, help="seconds of the race with somebody who swaps files")
options = parser.parse_args()
NOBODY = 65534
# One that everybody may run.
PYTHON = "/usr/bin/python3"


def expect(true, text):
    if not true:
        sys.exit("expected: " + text)


def tree(folder):
    """Everything about everything below a directory."""
    found = []
    for where, folders, names in os.walk(folder):
        for name in folders + names:
            path = os.path.join(where, name)
            status = os.lstat(path)
            data = hashlib.sha256(open(path, "rb").read()).hexdigest() if os.path.isfile(path) else ""
            found.append((path, status.st_ino, status.st_mode, status.st_uid, status.st_size, status.st_mtime_ns,
                          status.st_ctime_ns, data))
    return sorted(found)


def mount(*words):
    subprocess.run(["mount", *words], check=True)


def full_disk(method):
    """A disk too small for the log and its copy: nothing half-made stays, the log loses nothing, and later it goes on."""
    with Place(options.binary, f'size = 1, method = "{method}"') as place:
        mount("-t", "tmpfs", "-o", "size=1m,mode=755", "tmpfs", place.at("logs"))
        try:
            noise = os.urandom(350_000).hex().encode()
            with open(place.at("logs/a.log"), "wb") as file:
                file.write(noise)
            with open(place.at("logs/b.log"), "wb") as file:
                file.write(b"small\n")
            output = place.rotate(expect=1)
            expect("No space left on device" in output and "a.log" in output, f"the full disk is named:\n{output}")
            expect(b"".join(content(place.at(f"logs/{name}")) for name in generations(place.at("logs"), "a.log")) == noise,
                   "the log's content is whole")
            expect("b.log.1.zst" in place.names() or "b.log.1" in place.names(), "the other log is rotated")
            expect(not [name for name in place.names() if name.startswith(".")], f"nothing is left: {place.names()}")
            if method == "copytruncate":
                expect(os.path.getsize(place.at("logs/a.log")) == len(noise), "the log was not cut")
                expect("a.log.1" not in place.names() and "a.log.1.zst" not in place.names(), "no half of a copy")
            mount("-o", "remount,size=3m", place.at("logs"))
            place.rotate()
            expect("a.log.1.zst" in place.names() and "a.log.1" not in place.names(), f"it went on: {place.names()}")
            expect(content(place.at("logs/a.log.1.zst")) == noise, "the copy is whole")
        finally:
            subprocess.run(["umount", place.at("logs")], check=True)


def no_inodes():
    """A disk with room for no file more: the log is not renamed, for its successor cannot be made."""
    with Place(options.binary, "size = 1") as place:
        mount("-t", "tmpfs", "-o", "nr_inodes=2,mode=755", "tmpfs", place.at("logs"))
        try:
            with open(place.at("logs/a.log"), "wb") as file:
                file.write(b"content\n")
            output = place.rotate(expect=1)
            expect("No space left on device" in output, output)
            expect(place.names() == ["a.log"], f"nothing changed: {place.names()}")
            expect(content(place.at("logs/a.log")) == b"content\n", "nothing is lost")
        finally:
            subprocess.run(["umount", place.at("logs")], check=True)


def dry_run():
    """The plan is the same on a disk that cannot be written, and so is the tree, before and after."""
    with Place(options.binary, "size = 1, keep = { count = 1 }") as place:
        for name in ("a.log", "a.log.1", "b.log"):
            with open(place.at(f"logs/{name}"), "w") as file:
                file.write(name)
        before = tree(place.at("logs"))
        first = place.start("test", "jobs/rotate.lua").communicate()[0]
        expect(tree(place.at("logs")) == before, "a dry run changes nothing")
        mount("--bind", place.at("logs"), place.at("logs"))
        try:
            mount("-o", "remount,bind,ro", place.at("logs"))
            second = place.start("test", "jobs/rotate.lua").communicate()[0]
        finally:
            subprocess.run(["umount", place.at("logs")], check=True)
        plans = [text[text.index(b"Plan"):text.index(b"Log\n")] for text in (first, second)]
        expect(plans[0] == plans[1], f"the same plan:\n{plans[0].decode()}\n{plans[1].decode()}")


# Runs as somebody else, in his own directory: what he can do to lead the rotation to files that are not his.
SWAPPER = """
import os, sys, time
folder, victim, over = sys.argv[1], sys.argv[2], time.monotonic() + float(sys.argv[3])
os.chdir(folder)
def quietly(call, *words):
    try:
        call(*words)
    except OSError:
        pass
def append(name):
    with open(name, "a") as file:
        file.write("a line\\n")
count = 0
while time.monotonic() < over:
    count += 1
    for name in ("a.log", "a.log.1", "a.log.1.zst"):
        quietly(os.rename, name, "away")
        quietly(os.symlink, victim, name)
        time.sleep(0.0005)
        quietly(os.unlink, name)
        quietly(os.symlink, os.path.dirname(victim), name)
        quietly(os.unlink, name)
        quietly(os.mkfifo, name)
        quietly(os.unlink, name)
        quietly(os.rename, "away", name)
    for name in [name for name in os.listdir(".") if name.startswith(".scriptron-")]:
        quietly(os.unlink, name)
        quietly(os.symlink, victim, name)
    for name in ("a.log", "b.log"):
        quietly(append, name)
    # Now and then all is as it should be for a moment.
    time.sleep(0.002 if count % 3 == 0 else 0)
    if count % 7 == 0:
        # The whole directory becomes a link to another one.
        quietly(os.rename, folder, folder + ".away")
        quietly(os.symlink, os.path.dirname(victim), folder)
        time.sleep(0.001)
        quietly(os.unlink, folder)
        quietly(os.rename, folder + ".away", folder)
    if count % 50 == 0:
        for name in os.listdir("."):
            if name != "a.log":
                quietly(os.unlink, name)
print(count)
"""


def swaps(method):
    """Root rotates in a directory that somebody else owns, who swaps files, links and the directory itself."""
    with Place(options.binary, f'paths = {{ "logs/*/*.log" }}, size = 1, method = "{method}"') as place:
        os.mkdir(place.at("logs/precious"), 0o700)
        victim = place.at("logs/precious/key")
        with open(victim, "w") as file:
            file.write("secret\n")
        with open(place.at("logs/precious/a.log"), "w") as file:
            pass
        os.chmod(victim, 0o600)
        # He may rename his own directory, so he owns the one above too.
        os.chown(place.at("logs"), NOBODY, NOBODY)
        os.mkdir(place.at("logs/his"))
        os.chown(place.at("logs/his"), NOBODY, NOBODY)
        before = tree(place.at("logs/precious"))
        place.serve()
        swapper = subprocess.Popen(
            [PYTHON, "-c", SWAPPER, place.at("logs/his"), victim, str(options.swaps)],
            stdout=subprocess.PIPE, user=NOBODY, group=NOBODY, extra_groups=[], preexec_fn=die_with_parent)
        runs = rotated = failed = 0
        while swapper.poll() is None:
            process = place.start("run", "rotate")
            output = process.communicate()[0].decode(errors="replace")
            expect(process.returncode in (0, 1), f"the run ends well or fails:\n{output}")
            runs += 1
            found = re.search(r"rotated (\d+) of", output)
            expect(found, f"the run comes to its end:\n{output}")
            rotated += int(found[1])
            failed += process.returncode
        print(f"  {method}: {runs} runs, {failed} failed, {rotated} rotations, beside {swapper.communicate()[0].decode().strip()} rounds of swaps")
        expect(rotated > 0, "some logs were rotated")
        expect(tree(place.at("logs/precious")) == before, "what is not his is as it was")
        for folder, _, names in os.walk(place.at("logs")):
            for name in names:
                path = os.path.join(folder, name)
                if os.path.isfile(path) and not os.path.islink(path) and path != victim:
                    data = open(path, "rb").read()
                    expect(b"secret" not in data, f"{path} does not hold the secret")


def open_writer():
    """A log that its writer keeps open is renamed, and compressed when it is closed; a stray writer stops the cut."""
    with Place(options.binary, "size = 1") as place:
        with open(place.at("logs/a.log"), "a") as writer:
            writer.write("first\n")
            writer.flush()
            expect("compressed: 0" in place.rotate(), "what is open is not compressed")
            writer.write("second\n")
            writer.flush()
            expect(place.names() == ["a.log", "a.log.1"], f"{place.names()}")
        expect("compressed: 1" in place.rotate(), "what is closed is compressed")
        expect(content(place.at("logs/a.log.1.zst")) == b"first\nsecond\n", "with all that was written")
        place.configure('size = 1, method = "copytruncate"')
        with open(place.at("logs/a.log"), "w") as stray:
            stray.write("third\n")
            stray.flush()
            output = place.rotate(expect=1)
            expect("does not open it to append" in output, output)
        expect(content(place.at("logs/a.log")) == b"third\n", "it was not cut")


def main():
    full_disk("rename")
    full_disk("copytruncate")
    no_inodes()
    dry_run()
    open_writer()
    swaps("rename")
    swaps("copytruncate")
    print("rotate traps: as expected")


main()
