"""A bad link: forwards TCP to a server, and cuts each connection after a number of bytes drawn from a seed.

A cut happens in either direction: in the middle of a request, or in the middle of its answer, so that the request was
done and nobody heard. Counts the bytes of request bodies that went through, by method. Promises that a plan of `None`
cuts nothing. Never changes a byte.
"""

import asyncio
import collections
import random
import threading

import h11


class Link:
    """`between`: the least and most bytes of a connection's life; `None`: whole. A share of `answers` of the
    connections dies within the first `answer_bytes` of what comes back instead."""

    def __init__(self, server, seed=0, between=None, answers=0.3, answer_bytes=400, bytes_per_s=8e6):
        self.host, self.port = server.removeprefix("http://").split(":")
        self.rng = random.Random(seed)
        self.between, self.answers, self.answer_bytes = between, answers, answer_bytes
        self.bytes_per_s = bytes_per_s
        self.cuts = 0
        self.connections = 0
        self.requests = collections.Counter()
        self.body_bytes = collections.Counter()
        self._loop = asyncio.new_event_loop()
        started = threading.Event()
        threading.Thread(target=self._run, args=(started,), daemon=True).start()
        started.wait()

    def _run(self, started):
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        started.set()
        self._loop.run_forever()

    def close(self):
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)

    async def _end(self):
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _fate(self):
        """After how many bytes up, and how many down, this connection dies."""
        if not self.between:
            return None, None
        size = self.rng.randint(*self.between)
        if self.rng.random() < self.answers:
            return None, self.rng.randint(0, self.answer_bytes)
        return size, None

    async def _serve(self, near_in, near_out):
        self.connections += 1
        up, down = self._fate()
        try:
            far_in, far_out = await asyncio.open_connection(self.host, int(self.port))
        except OSError:
            near_out.transport.abort()
            return
        count = Counter(self)
        pumps = [
            asyncio.ensure_future(self._pump(near_in, far_out, up, count.feed)),
            asyncio.ensure_future(self._pump(far_in, near_out, down, None)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            if any(pump.done() and pump.result() for pump in pumps):
                self.cuts += 1
                near_out.transport.abort()  # What went through the link before arrives all the same.
        except asyncio.CancelledError:
            pass  # The link is closed.
        finally:
            for pump in pumps:
                pump.cancel()
            for out in (near_out, far_out):
                out.close()

    async def _pump(self, reader, writer, left, watch):
        """True when it cut."""
        try:
            while data := await reader.read(16384):
                if left is not None:
                    data, left = data[:left], left - len(data)
                if watch:
                    watch(data)
                writer.write(data)
                await writer.drain()
                await asyncio.sleep(len(data) / self.bytes_per_s)
                if left is not None and left <= 0:
                    return True
        except (ConnectionError, asyncio.CancelledError):
            pass
        return False


class Counter:
    """Reads the requests that go by, as far as is needed to count the bytes of their bodies."""

    def __init__(self, link):
        self.link, self.parser, self.method = link, h11.Connection(h11.SERVER), None

    def feed(self, data):
        try:
            self.parser.receive_data(data)
            while True:
                event = self.parser.next_event()
                if event in (h11.NEED_DATA, h11.PAUSED):
                    return
                if isinstance(event, h11.Request):
                    self.method = event.method.decode()
                    self.link.requests[self.method] += 1
                elif isinstance(event, h11.Data):
                    self.link.body_bytes[self.method] += len(event.data)
                elif isinstance(event, h11.EndOfMessage):
                    rest, _ = self.parser.trailing_data
                    self.parser = h11.Connection(h11.SERVER)
                    if rest:
                        self.parser.receive_data(rest)
        except h11.RemoteProtocolError:
            pass  # Not ours to judge.
