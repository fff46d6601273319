"""A mail server for tests, made of aiosmtpd, that misbehaves by recipient.

Usage: mail_server.py FOLDER [CERTIFICATE KEY]

It writes its port to FOLDER/port and a line of JSON for each event to
FOLDER/events: a mail it has taken, or a recipient it was asked for.  With a
certificate it wants STARTTLS and the user "mailer" with the password "secret".

What the local part of a recipient begins with decides:
  refuse  550 to the recipient, always     reject  554 to the text, always
  policy  550 to the recipient, always, for who the sender is
  grey    451 the first time               defer   452 to the text, the first time
  slow    answers the text after 3 s       stuck   never answers the text
  cut     closes at the recipient, the first time
  torn    closes at the text, the first time
  bye     421 to the next mail of a connection that had this one
"""
import asyncio
import json
import os
import ssl
import sys

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

folder = sys.argv[1]
events = open(os.path.join(folder, 'events'), 'a', buffering=1)
seen = set()


def note(event, **detail):
    events.write(json.dumps({'event': event, **detail}) + '\n')


def first_time(kind, address):
    if (kind, address) in seen:
        return False
    seen.add((kind, address))
    return True


class Handler:
    async def handle_MAIL(self, server, session, envelope, address, options):
        if getattr(session, 'bye', False):
            server.transport.write(b'421 4.3.2 enough for one connection\r\n')
            server.transport.close()
            return '421 4.3.2 enough for one connection'
        envelope.mail_from = address
        return '250 OK'

    async def handle_RCPT(self, server, session, envelope, address, options):
        note('rcpt', address=address)
        if address.startswith('refuse'):
            return '550 5.1.1 "no such user" \\ here'
        if address.startswith('policy'):
            return '550 5.7.1 you are on a list'
        if address.startswith('grey') and first_time('grey', address):
            return '451 4.7.1 greylisted, come back'
        if address.startswith('cut') and first_time('cut', address):
            server.transport.abort()
        envelope.rcpt_tos.append(address)
        return '250 OK'

    async def handle_DATA(self, server, session, envelope):
        address = envelope.rcpt_tos[0]
        if address.startswith('reject'):
            return '554 5.7.1 spam'
        if address.startswith('defer') and first_time('defer', address):
            return '452 4.2.2 mailbox full'
        if address.startswith('torn') and first_time('torn', address):
            server.transport.abort()
            return '451 gone'
        if address.startswith('slow'):
            await asyncio.sleep(3)
        if address.startswith('stuck'):
            await asyncio.sleep(3600)
        session.bye = address.startswith('bye')
        note('mail', sender=envelope.mail_from, recipients=envelope.rcpt_tos,
             peer=session.peer[1], tls=session.ssl is not None,
             content=envelope.content.decode('utf-8', 'replace'))
        return '250 taken'


def check_password(server, session, envelope, mechanism, data):
    good = data.login == b'mailer' and data.password == b'secret'
    return AuthResult(success=good, handled=False)


class MailServer(Controller):
    def factory(self):
        options = {}
        if len(sys.argv) > 2:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(sys.argv[2], sys.argv[3])
            options = {'tls_context': context, 'require_starttls': True,
                       'auth_required': True, 'authenticator': check_password}
        return SMTP(self.handler, hostname='localhost', enable_SMTPUTF8=True, **options)


async def main():
    server = await asyncio.get_running_loop().create_server(
        MailServer(Handler()).factory, '127.0.0.1', 0)
    with open(os.path.join(folder, 'port.new'), 'w') as port:
        port.write(str(server.sockets[0].getsockname()[1]))
    os.rename(os.path.join(folder, 'port.new'), os.path.join(folder, 'port'))
    await server.serve_forever()

asyncio.run(main())
