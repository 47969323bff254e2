"""Alerts while the host is killed and its channels are down for a while: each comes once or more, and so does its end.

Usage: alerts.py BINARY [--kills 150] [--every 2] [--seed 1] [--no-mail]

Keys go bad and well at random moments. Whatever the job was told is firing, or is over, must come through both channels:
a webhook that refuses, hangs or is not there for a while, and a real mail server (aiosmtpd, with STARTTLS and a login)
that is killed and started again. It ends only what it started.
"""

import argparse
import base64
import email
import http.client
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HERE = os.path.dirname(os.path.abspath(__file__))
MAIL_SERVER = os.path.join(HERE, "..", "..", "Support", "Mail", "server.py")

CONFIGURATION = """
return {
  ceiling = { read = { "data" }, write = { "var/witness" } },
  channels = {
    hook = { type = "webhook", url = "http://127.0.0.1:%(port)d/", timeout = "2s", wait = "1s" },
    %(mail)s
  },
}
"""

MAIL = """
    mail = { type = "email", server = "127.0.0.1:%(port)d", from = "host@example.org", to = "anna@example.org",
             user = "scriptron", password = secret "MAIL_PASSWORD", trust = "mail/cert.pem", timeout = "5s", wait = "1s" },
"""

# What it is told stands in the witness only when the host has it.
JOB = """
return job {
  schedule = "every 1s", timeout = "60s",
  needs = function() return { read = { "data" }, write = { "var/witness" } } end,
  run = function()
    for _, entry in ipairs(fs.list("data")) do
      local key, word = entry.name:match("^(%w+)%.(%a+)$")
      if key then
        local state = alert.check(key, word == "bad", { summary = "door " .. key .. " is open", severity = "critical" })
        if state ~= (word == "bad" and "firing" or "ok") then error(key .. " is " .. state) end
        fs.append("var/witness/all", key .. " " .. state .. "\\n")
      end
    end
  end,
}
"""


class Trouble(Exception):
    """What ends the soak; its text says what was expected."""


class Heard:
    """What a channel took: how often each event of each key, and whether an end came before its beginning."""

    def __init__(self, name):
        self.name, self.events, self.messages, self.order, self.lock = name, Counter(), 0, [], threading.Lock()

    def take(self, events):
        with self.lock:
            self.messages += 1
            for event, key in events:
                if event == "resolved" and not self.events[("fired", key)]:
                    self.order.append(key)
                self.events[(event, key)] += 1

    def keys(self, event):
        with self.lock:
            return {key for (one, key), count in self.events.items() if one == event}

    def report(self):
        with self.lock:
            total = sum(self.events.values())
            return {"messages": self.messages, "events": total, "more_than_once": total - len(self.events)}


HOOK = Heard("hook")
MAILBOX = Heard("mail")


class Webhook(BaseHTTPRequestHandler):
    # What it does now: take, refuse (503), drop (a closed connection), hang (no answer), half (taken, not answered).
    manner = "take"

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        manner = Webhook.manner
        if manner in ("take", "half"):
            HOOK.take([(alert["event"], alert["key"]) for alert in body["alerts"]
                       if alert["job"] == "doors" and alert["key"][0] == "k"])
        if manner == "hang":
            time.sleep(3)
        if manner in ("drop", "hang", "half"):
            self.close_connection = True
            return
        self.send_response(204 if manner == "take" else 503)
        self.end_headers()

    def log_message(self, *words):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        # A client that was killed.
        pass


class MailServer:
    """The server's process, and what its mails say."""

    def __init__(self, place):
        self.directory = os.path.join(place, "mail")
        os.mkdir(self.directory)
        self.certificate, self.key = (os.path.join(self.directory, name) for name in ("cert.pem", "key.pem"))
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-keyout", self.key, "-out", self.certificate, "-days", "2", "-subj", "/CN=127.0.0.1",
             "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process, self.read = None, 0
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            ["/usr/bin/python3", MAIL_SERVER, self.directory, self.certificate, self.key, str(self.port)],
            stdin=subprocess.DEVNULL, stderr=open(os.path.join(self.directory, "log"), "ab"))

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def look(self):
        """Reads the mails that came since."""
        while True:
            name = os.path.join(self.directory, f"{self.read + 1}.eml")
            try:
                with open(name, "rb") as file:
                    mail = email.message_from_binary_file(file)
            except FileNotFoundError:
                return
            self.read += 1
            text = base64.b64decode(mail.get_payload()).decode()
            words = {"firing": "fired", "still firing": "reminder", "resolved": "resolved"}
            MAILBOX.take([
                (words[word], key)
                for word, key in re.findall(r"^(?:critical, )?(still firing|firing|resolved): doors\.(k\d+)\r?$", text, re.M)
            ])


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("host", timeout=20)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(20)
        self.sock.connect(self.path)


class Host:
    def __init__(self, binary, place):
        self.binary, self.place, self.process, self.kills = binary, place, None, 0

    def start(self):
        log = open(os.path.join(self.place, "serve.log"), "ab")
        self.process = subprocess.Popen(
            [self.binary, "serve", "--config", "scriptron.lua"], cwd=self.place, stdout=log, stderr=log,
            stdin=subprocess.DEVNULL, env={**os.environ, "MAIL_PASSWORD": "open sesame"})

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.kills += 1

    def get(self, path):
        """What the host answers; None where it does not."""
        try:
            connection = UnixConnection(os.path.join(self.place, "var", "scriptron.sock"))
            connection.request("GET", path)
            return json.loads(connection.getresponse().read())
        except (OSError, http.client.HTTPException, ValueError):
            return None


class Doors:
    """The keys: each goes bad once, and well once, each time until the job was told."""

    def __init__(self, place, chance):
        self.data, self.witness = os.path.join(place, "data"), os.path.join(place, "var", "witness", "all")
        self.chance, self.offset, self.count = chance, 0, 0
        # Keys that are bad, with the time at which they go well; told to fire; going well; over.
        self.until, self.fired, self.closing, self.over = {}, set(), set(), set()

    def path(self, key, word):
        return os.path.join(self.data, f"{key}.{word}")

    def look(self):
        try:
            with open(self.witness) as file:
                file.seek(self.offset)
                text = file.read()
        except FileNotFoundError:
            return
        whole = text[: text.rfind("\n") + 1]
        self.offset += len(whole)
        for line in whole.splitlines():
            key, state = line.split()
            if state == "firing":
                self.fired.add(key)
            elif key in self.closing:
                self.closing.discard(key)
                self.over.add(key)
                os.unlink(self.path(key, "well"))

    def step(self, begins):
        """Lets some go bad, and those that were told of go well in their time."""
        self.look()
        now = time.monotonic()
        while begins and len(self.until) < 8 and self.chance.random() < 0.5:
            self.count += 1
            key = f"k{self.count}"
            self.until[key] = now + self.chance.uniform(0, 6)
            open(self.path(key, "bad"), "w").close()
        for key, until in list(self.until.items()):
            if key in self.fired and now >= until:
                os.rename(self.path(key, "bad"), self.path(key, "well"))
                del self.until[key]
                self.closing.add(key)

    def is_quiet(self):
        return not self.until and not self.closing


def run(arguments, place):
    chance = random.Random(arguments.seed)
    server = Server(("127.0.0.1", 0), Webhook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name in ("data", "jobs", "var/witness"):
        os.makedirs(os.path.join(place, name))
    os.chmod(place, 0o755)
    mail = None if arguments.no_mail else MailServer(place)
    host, doors = Host(os.path.abspath(arguments.binary), place), Doors(place, chance)
    channels = [HOOK] + ([MAILBOX] if mail else [])
    try:
        with open(os.path.join(place, "jobs", "doors.lua"), "w") as file:
            file.write(JOB)
        with open(os.path.join(place, "scriptron.lua"), "w") as file:
            text = MAIL % {"port": mail.port} if mail else ""
            file.write(CONFIGURATION % {"port": server.server_port, "mail": text})
        begin = time.monotonic()
        host.start()
        next_kill, next_manner, next_mail = (begin + arguments.every, begin, begin + 3)
        while host.kills < arguments.kills:
            time.sleep(0.05)
            now = time.monotonic()
            doors.step(begins=True)
            if now >= next_manner:
                Webhook.manner = chance.choice(["take", "take", "take", "refuse", "drop", "hang", "half"])
                next_manner = now + chance.uniform(0.5, 3)
            if mail and now >= next_mail:
                mail.look()
                mail.stop() if mail.process else mail.start()
                next_mail = now + chance.uniform(0.5, 4)
            if now >= next_kill:
                host.kill()
                host.start()
                next_kill = now + chance.uniform(0.3, 1.7) * arguments.every
        # All is up again, and nothing new happens.
        Webhook.manner = "take"
        if mail and not mail.process:
            mail.start()
        end = time.monotonic() + arguments.patience
        # The host's patience with channels that failed is longer than ours: a new one tries them at once.
        restart = time.monotonic() + 30
        while True:
            if time.monotonic() > end:
                raise Trouble(f"it did not become quiet: {doors.until} {doors.closing} {host.get('/v1/alerts')}")
            time.sleep(0.2)
            doors.step(begins=False)
            if mail:
                mail.look()
            if time.monotonic() > restart:
                host.kill()
                host.start()
                restart = time.monotonic() + 30
            if not doors.is_quiet():
                continue
            answer = host.get("/v1/alerts")
            if answer and not answer["alerts"] and not any(row["waiting"] for row in answer["channels"]):
                if any(row["given_up"] for row in answer["channels"]):
                    raise Trouble(f"alerts were given up: {answer['channels']}")
                break
        if mail:
            mail.look()
        seconds = time.monotonic() - begin
        lost = {}
        for heard in channels:
            missing = {event: sorted(keys - heard.keys(event))
                       for event, keys in (("fired", doors.fired), ("resolved", doors.over))}
            if any(missing.values()):
                lost[heard.name] = missing
        print(json.dumps({
            "alerts": len(doors.over), "kills": host.kills, "seconds": round(seconds, 1),
            "lost": sum(len(keys) for missing in lost.values() for keys in missing.values()),
            **{heard.name: heard.report() for heard in channels},
        }))
        if lost:
            raise Trouble(f"lost: {lost}")
        if doors.fired != doors.over or len(doors.over) < arguments.kills / 2:
            raise Trouble(f"too little happened: {len(doors.fired)} fired, {len(doors.over)} are over")
        for heard in channels:
            if heard.order:
                raise Trouble(f"{heard.name}: the end came before its beginning: {heard.order}")
    finally:
        if host.process and host.process.poll() is None:
            host.process.terminate()
            host.process.wait()
        if mail:
            mail.stop()
        server.shutdown()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--kills", type=int, default=150)
    parser.add_argument("--every", type=float, default=2, help="seconds between kills, on average")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--patience", type=float, default=180, help="seconds until all is told, when all is up")
    parser.add_argument("--no-mail", action="store_true")
    arguments = parser.parse_args()
    place = tempfile.mkdtemp(prefix="scriptron-alerts-")
    try:
        run(arguments, place)
    except Trouble as trouble:
        with open(os.path.join(place, "serve.log"), errors="replace") as file:
            print("".join(file.readlines()[-30:]), file=sys.stderr)
        sys.exit(str(trouble))
    finally:
        shutil.rmtree(place, ignore_errors=True)
    print("alerts: as expected")


main()
