"""An nginx of its own, on loopback, below one directory: the receiver of a test, and its witness.

It answers POST /NUMBER by the number and by the header Retry-Attempt, and writes each request into its access log as
`NUMBER ATTEMPT STATUS KEY`. It ends with the test.
"""

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import time

LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG = 1

# Numbers that end in 50 fail always; others that end in 0 fail at their first try.
CONFIGURATION = """
daemon off;
worker_processes 1;
pid %(place)s/nginx.pid;
error_log %(place)s/error.log warn;
%(user)s
events { worker_connections 512; }
http {
  client_body_temp_path %(place)s/body;
  proxy_temp_path %(place)s/proxy;
  fastcgi_temp_path %(place)s/fastcgi;
  uwsgi_temp_path %(place)s/uwsgi;
  scgi_temp_path %(place)s/scgi;
  map $uri $number { ~^/(?<digits>[0-9]+)$ $digits; default -; }
  map "$number:$http_retry_attempt" $verdict {
    ~^[0-9]*50:  500;
    ~^[0-9]*0:1$ 503;
    ~^[0-9]+:    204;
    default      400;
  }
  log_format witness "$number $http_retry_attempt $status $http_idempotency_key";
  access_log %(place)s/access.log witness;
  keepalive_requests 100000;
  server {
    listen 127.0.0.1:%(port)d;
    location / {
      if ($request_method != POST) { return 405; }
      if ($verdict = 500) { return 500; }
      if ($verdict = 503) { return 503; }
      if ($verdict = 400) { return 400; }
      return 204;
    }
  }
}
"""


def always_fails(number):
    return number % 100 == 50


def fails_once(number):
    return number % 10 == 0 and not always_fails(number)


class Nginx:
    def __init__(self, place):
        program = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
        if not program:
            raise SystemExit("there is no nginx: make test-packages installs it")
        self.place = os.path.join(place, "nginx")
        os.mkdir(self.place)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        # As root its worker would be another user, who could not write here.
        values = {"place": self.place, "port": self.port, "user": "user root;" if os.getuid() == 0 else ""}
        path = os.path.join(self.place, "nginx.conf")
        with open(path, "w") as file:
            file.write(CONFIGURATION % values)
        self.process = subprocess.Popen(
            [program, "-p", self.place, "-e", os.path.join(self.place, "error.log"), "-c", path],
            stdin=subprocess.DEVNULL, preexec_fn=lambda: LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM))
        end = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > end:
                    raise SystemExit("nginx does not start: " + self.errors())
                time.sleep(0.05)

    def errors(self):
        try:
            with open(os.path.join(self.place, "error.log")) as file:
                return file.read()[-2000:]
        except OSError:
            return ""

    def witnesses(self):
        """(number, attempt, status, key) of each request that it answered, in their order."""
        found = []
        with open(os.path.join(self.place, "access.log")) as file:
            for line in file:
                words = line.split()
                if len(words) == 4 and words[0] != "-":
                    found.append((int(words[0]), int(words[1]), int(words[2]), words[3]))
        return found

    def stop(self):
        self.process.send_signal(signal.SIGQUIT)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
