"""A mail server for one test (aiosmtpd): STARTTLS and a login are required; each mail becomes a file.

Usage: server.py DIRECTORY CERTIFICATE KEY [PORT]. It writes its port into DIRECTORY/port, and a mail into
DIRECTORY/N.eml, after those that are there.
"""
import asyncio, os, ssl, sys
from aiosmtpd.smtp import SMTP, AuthResult

directory, certificate, key = sys.argv[1:4]
port = int(sys.argv[4]) if len(sys.argv) > 4 else 0
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)


class Mailbox:
    count = sum(name.endswith(".eml") for name in os.listdir(directory))

    async def handle_DATA(self, server, session, envelope):
        Mailbox.count += 1
        name = os.path.join(directory, f"{Mailbox.count}.eml")
        with open(name + "~", "wb") as file:
            file.write(envelope.content)
        os.rename(name + "~", name)
        return "250 kept"


def login(server, session, envelope, mechanism, data):
    return AuthResult(success=data.login == b"scriptron" and data.password == b"open sesame")


def protocol():
    return SMTP(Mailbox(), tls_context=context, require_starttls=True, auth_required=True, authenticator=login)


async def main():
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(protocol, "127.0.0.1", port)
    with open(os.path.join(directory, "port~"), "w") as file:
        file.write(str(listening.sockets[0].getsockname()[1]))
    os.rename(os.path.join(directory, "port~"), os.path.join(directory, "port"))
    await listening.serve_forever()


asyncio.run(main())
