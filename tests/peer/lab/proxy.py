# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""A TCP proxy that lets a server seem slow, silent, gone or cut off."""

import asyncio
import contextlib

from . import TIMEOUT, net


class Proxy:
    """Forwards to (address, port), and does as told:

    stalled     nothing is forwarded to the client any more
    mute        connections are accepted and not made
    delay       seconds that bytes take in either direction
    eat()       so many more bytes of the server's are forwarded
    limit       bytes from the server after which it falls silent, on each
                connection made from then on
    poison      bytes of a client at which all connections are reset, or None
    """

    def __init__(self, loop, target, address):
        self.loop = loop
        self.target = target
        self.address = address
        self.port = net.free_port(address)
        self.mute = False
        self.delay = 0.0
        self.limit = None
        self.poison = None
        self.accepted = 0
        self._flowing = None
        self._left = None
        self._server = None
        self._writers = set()
        self._clients = set()
        self._forgotten = []
        self._tasks = set()
        self.loop.run(self._init())
        self.open()

    async def _init(self):
        self._flowing = asyncio.Event()
        self._flowing.set()

    def open(self):
        self._server = self.loop.run(asyncio.start_server(
            self._accept, self.address, self.port))

    def refuse(self):
        """No new connections, and an end to those that are there."""
        async def end():
            self._server.close()
            await self._server.wait_closed()
        self.loop.run(end())
        self.cut()

    def close(self):
        self.refuse()

        async def end():
            for flowing in [self._flowing, *self._forgotten]:
                flowing.set()
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=TIMEOUT)
        self.loop.run(end())

    def cut(self):
        """Resets all connections."""
        async def cut():
            for writer in list(self._writers):
                writer.transport.abort()
        self.loop.run(cut())

    def forget(self):
        """Cuts off the clients alone: the server's ends stay as they are, as
        if the network had lost the news. Then forwards again."""
        async def forget():
            self._flowing.clear()
            self._forgotten.append(self._flowing)
            self._left = None
            self._flowing = asyncio.Event()
            self._flowing.set()
            for writer in list(self._clients):
                writer.transport.abort()
        self.loop.run(forget())

    def stall(self):
        async def stall():
            self._flowing.clear()
        self.loop.run(stall())

    def eat(self, count):
        async def eat():
            self._left = count
        self.loop.run(eat())

    def resume(self):
        async def resume():
            self._left = None
            self._flowing.set()
        self.loop.run(resume())

    async def _accept(self, reader, writer):
        task = asyncio.current_task()
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self.accepted += 1
        self._writers.add(writer)
        self._clients.add(writer)
        try:
            if self.mute:
                await reader.read()
                return
            server_reader, server_writer = await asyncio.open_connection(
                *self.target)
            self._writers.add(server_writer)
            await asyncio.gather(
                self._forward(reader, server_writer, False, None),
                self._forward(server_reader, writer, True, self.limit))
        except OSError:
            pass
        finally:
            with contextlib.suppress(OSError):
                writer.close()
            self._writers.discard(writer)
            self._clients.discard(writer)

    async def _forward(self, reader, writer, is_server, limit):
        """limit is None in the direction of the server as well."""
        to_client = writer in self._writers and limit is not None
        flowing = self._flowing
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                if not is_server and self.poison and self.poison in data:
                    for each in list(self._writers):
                        each.transport.abort()
                    return
                if self.delay:
                    await asyncio.sleep(self.delay)
                await flowing.wait()
                if is_server and self._left is not None:
                    now, data = data[:self._left], data[self._left:]
                    self._left -= len(now)
                    writer.write(now)
                    if data:
                        flowing.clear()
                        await flowing.wait()
                if to_client:
                    data, limit = data[:limit], limit - len(data[:limit])
                writer.write(data)
                await writer.drain()
        if flowing in self._forgotten:
            await flowing.wait()
        writer.close()
