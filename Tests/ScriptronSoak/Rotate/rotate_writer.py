#!/usr/bin/env python3
"""Rotates a log while a writer fills it, and counts what is lost.

Usage: rotate_writer.py BINARY METHOD [--rotations N] [--rate LINES] [--compress FORMAT] [--least SECONDS]
METHOD: rename, which must lose nothing, or copytruncate, whose loss is counted.
Its last line is "rotation: as expected", or it ends with an error.
"""
import argparse
import os
import re
import signal
import subprocess
import sys
import time

from rotation import WRITER, Place, content, die_with_parent, generations

parser = argparse.ArgumentParser()
parser.add_argument("binary")
parser.add_argument("method", choices=["rename", "copytruncate"])
parser.add_argument("--rotations", type=int, default=300)
parser.add_argument("--rate", type=int, default=50_000)
parser.add_argument("--compress", default="zstd")
parser.add_argument("--least", type=float, default=0, help="seconds that it lasts at least")
options = parser.parse_args()


def check(place, written):
    """What the generations hold, against what was written: lines lost, lines torn, and how many files."""
    last = lost = torn = 0
    names = generations(place.at("logs"), "a.log")
    for name in names:
        data = content(place.at(f"logs/{name}"))
        for line in data.split(b"\n"):
            if not line:
                continue
            if not re.fullmatch(rb"\d{12} a line .* time", line):
                # Half of a line: its other half went with the cut.
                torn += 1
                continue
            number = int(line[:12])
            if number <= last:
                sys.exit(f"line {number} comes after {last}, in {name}")
            lost += number - last - 1
            last = number
    lost += written - last
    return lost, torn, len(names)


def main():
    after = ""
    if options.method == "rename":
        after = f'after = {{ process = "{WRITER}", pidfile = "run/writer.pid", signal = "USR1" }},'
    settings = (
        f'size = 1, method = "{options.method}", compress = "{options.compress}", keep = {{ count = 100000 }}, {after}')
    with Place(options.binary, settings) as place:
        os.mkdir(place.at("run"))
        open(place.at("logs/a.log"), "w").close()
        program = os.path.join(os.path.dirname(os.path.abspath(__file__)), "writer.py")
        writer = subprocess.Popen(
            [sys.executable, program, place.at("logs/a.log"), str(options.rate), place.at("run/writer.pid")],
            stdout=subprocess.PIPE, preexec_fn=die_with_parent)
        try:
            while not os.path.exists(place.at("run/writer.pid")):
                time.sleep(0.01)
            place.serve()
            began, rotated, windows = time.monotonic(), 0, []
            while rotated < options.rotations or time.monotonic() - began < options.least:
                output = place.rotate("--set", "explain=true")
                rotated += int(re.search(r"rotated: (\d+)", output)[1])
                windows += [float(found) for found in re.findall(r"what came in (\d+) µs", output)]
            took = time.monotonic() - began
        finally:
            writer.send_signal(signal.SIGTERM)
            written, rate = writer.communicate()[0].split()
        place.rotate()
        lost, torn, files = check(place, int(written))
        left = [name for name in place.names() if name.startswith(".")]
        plain = [name for name in place.names() if re.search(r"\.\d+$", name)]
        if left or plain:
            sys.exit(f"this is left: {left + plain}")
    print(f"{options.method}, {options.compress}: {rotated} rotations in {took:.0f} s, {files} files, "
          f"{int(written):,} lines at {int(rate):,} a second: {lost:,} lost, {torn} torn")
    if windows:
        windows.sort()
        print(f"between the last look and the cut: median {windows[len(windows) // 2]:.0f} µs, most {windows[-1]:.0f} µs")
    if options.method == "rename" and (lost or torn):
        sys.exit("renaming must lose nothing")
    if lost > int(written) // 20:
        sys.exit("too much is lost")
    print("rotation: as expected")


main()
