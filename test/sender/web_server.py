"""A webhook for tests, made of http.server, that misbehaves by address.

Usage: web_server.py FOLDER

It writes its port to FOLDER/port and a line of JSON for each call to
FOLDER/events.  What the address begins with decides:
  refuse  422, always            grey   500 the first time
  busy    429 with Retry-After: 120 the first time
  date    503 with Retry-After: a date in an hour, the first time
  cut     closes without an answer, the first time
"""
import email.utils
import http.server
import json
import os
import socket
import sys
import time

folder = sys.argv[1]
events = open(os.path.join(folder, 'events'), 'a', buffering=1)
seen = set()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def answer(self, status, text, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace('_', '-'), value)
        self.send_header('Content-Length', str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def do_POST(self):
        message = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
        address = message['address']
        first = address not in seen
        seen.add(address)
        kind = address.split('_')[0]
        status = 200
        if kind == 'refuse':
            status = 422
            self.answer(status, 'no "such" user')
        elif first and kind == 'grey':
            status = 500
            self.answer(status, 'try again')
        elif first and kind == 'busy':
            status = 429
            self.answer(status, '', Retry_After='120')
        elif first and kind == 'date':
            status = 503
            self.answer(status, '', Retry_After=email.utils.formatdate(time.time() + 3600, usegmt=True))
        elif first and kind == 'cut':
            status = 0
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
        else:
            self.answer(status, '{}')
        events.write(json.dumps({'status': status, 'message': message, 'key': self.headers['Idempotency-Key'],
                                 'authorization': self.headers['Authorization'], 'type': self.headers['Content-Type']}) + '\n')

    def log_message(self, *arguments):
        pass


server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
with open(os.path.join(folder, 'port.new'), 'w') as port:
    port.write(str(server.server_address[1]))
os.rename(os.path.join(folder, 'port.new'), os.path.join(folder, 'port'))
server.serve_forever()
