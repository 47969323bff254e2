"""A web server of our own whose pages are well or not: what a dry run with the network asks is answered as the run is."""
import http.server
import threading

ANSWERS = {"/well": (200, b"all is well"), "/other": (200, b"something else"), "/broken": (500, b"broken"),
           "/gone": (404, b"gone")}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.methods.append("GET")
        status, body = ANSWERS.get(self.path, (404, b"nothing"))
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def __getattr__(self, name):
        if name.startswith("do_"):
            self.server.methods.append(name[3:])
        raise AttributeError(name)

    def log_message(self, *_):
        pass


class Pages:
    def __init__(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.methods = []
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def changing(self):
        """The methods of what was asked that may change something."""
        return [method for method in self.server.methods if method not in ("GET", "HEAD")]

    def close(self):
        self.server.shutdown()
        self.server.server_close()
