# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""SMTP servers that take every message and remember how it came."""

import asyncio
import dataclasses
import re
import ssl
import threading
import time

from . import TIMEOUT, net


@dataclasses.dataclass
class Message:
    sender: str
    recipients: list
    body: bytes
    tls: bool


class Loop:
    """An event loop in a thread of its own, for all sinks."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(
            coroutine, self.loop).result(TIMEOUT)

    def close(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(TIMEOUT)
        self.loop.close()


class Sink:
    """One server.

    tls is "none" (STARTTLS is not offered), "good", "anonymous" (no
    certificate), "refused" (454 to STARTTLS) or "broken" (garbage instead of a
    handshake). replies overrides what is said to a verb, e.g.
    {"RCPT": "450 4.2.0 later"}.
    """

    def __init__(self, loop, address, tls="none", certificate=None,
                 replies=None, port=net.SMTP_PORT):
        self.address = address
        self.port = port
        self.tls = tls
        self.replies = dict(replies or {})
        self._context = None
        if tls == "anonymous":
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.maximum_version = ssl.TLSVersion.TLSv1_2
            self._context.set_ciphers("aNULL:@SECLEVEL=0")
        elif certificate is not None:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(*certificate)
        assert tls != "good" or certificate is not None
        self._messages = []
        self._verbs = []
        self._changed = threading.Condition()
        self._loop = loop
        self._server = loop.run(
            asyncio.start_server(self._accept, address, port, limit=1 << 20))

    @property
    def nexthop(self):
        return f"[{self.address}]:{self.port}"

    def close(self):
        async def end():
            self._server.close()
            await self._server.wait_closed()
        self._loop.run(end())

    def messages(self):
        with self._changed:
            return list(self._messages)

    def verbs(self):
        """Every command that came, as (verb, whether it came over TLS)."""
        with self._changed:
            return list(self._verbs)

    def wait(self, text, timeout=TIMEOUT):
        """The first message that has text in its body."""
        wanted = text.encode()
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                for message in self._messages:
                    if wanted in message.body:
                        return message
                left = deadline - time.monotonic()
                assert left > 0, (
                    f"{self.address}: no message with {text!r} among "
                    f"{self._messages}")
                self._changed.wait(left)

    def has(self, text):
        return any(text.encode() in m.body for m in self.messages())

    async def _accept(self, reader, writer):
        try:
            await _Session(self, reader, writer).run()
        except (ConnectionError, ssl.SSLError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def note_verb(self, verb, secure):
        with self._changed:
            self._verbs.append((verb, secure))

    def note_message(self, message):
        with self._changed:
            self._messages.append(message)
            self._changed.notify_all()

    @property
    def context(self):
        return self._context


class _Session:
    def __init__(self, sink, reader, writer):
        self.sink = sink
        self.reader = reader
        self.writer = writer
        self.secure = False
        self.sender = None
        self.recipients = []

    async def say(self, text):
        self.writer.write(text.encode() + b"\r\n")
        await self.writer.drain()

    async def run(self):
        await self.say("220 sink ESMTP")
        while True:
            line = (await self.reader.readline()).decode("utf-8").rstrip()
            if not line:
                return
            verb = line.split(" ", 1)[0].upper()
            self.sink.note_verb(verb, self.secure)
            if verb in self.sink.replies:
                await self.say(self.sink.replies[verb])
            else:
                await getattr(self, "on_" + verb.lower(), self.on_other)(line)
            if verb == "QUIT" or self.writer.is_closing():
                return

    async def on_other(self, _):
        await self.say("502 5.5.2 what?")

    async def on_ehlo(self, _):
        words = ["sink", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"]
        if self.sink.tls != "none" and not self.secure:
            words.append("STARTTLS")
        await self.say("\r\n".join(
            ["250-" + word for word in words[:-1]] + ["250 " + words[-1]]))

    async def on_starttls(self, _):
        if self.sink.tls == "refused":
            await self.say("454 4.7.0 TLS is not available")
            return
        await self.say("220 2.0.0 go ahead")
        if self.sink.tls == "broken":
            await self.say("this is no handshake")
            self.writer.close()
            return
        await self.writer.start_tls(self.sink.context)
        self.secure = True

    async def on_mail(self, line):
        self.sender = re.search(r"<(.*?)>(?: |$)", line).group(1)
        self.recipients = []
        await self.say("250 2.1.0 ok")

    async def on_rcpt(self, line):
        self.recipients.append(re.search(r"<(.*?)>(?: |$)", line).group(1))
        await self.say("250 2.1.5 ok")

    async def on_data(self, _):
        await self.say("354 go ahead")
        body = (await self.reader.readuntil(b"\r\n.\r\n"))[:-3]
        self.sink.note_message(Message(
            self.sender, self.recipients,
            re.sub(rb"(?m)^\.", b"", body), self.secure))
        await self.say("250 2.0.0 taken")

    async def on_rset(self, _):
        await self.say("250 2.0.0 ok")

    async def on_noop(self, _):
        await self.say("250 2.0.0 ok")

    async def on_quit(self, _):
        await self.say("221 2.0.0 bye")
