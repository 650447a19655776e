"""An API server that does as it is told: the faults a real one, or what stands before it, commits.

Real sockets, real TLS, its own HTTP writing: a test decides every byte and every cut. ``answer`` is a function from
the request seen to what is sent; it runs on the server's thread.
"""

import asyncio
import contextlib
import json
import ssl
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit


class Cut:
    """In ``Answer.parts``: close the connection here."""


@dataclass
class Hold:
    """In ``Answer.parts``: send nothing more until the event is set or the client goes."""

    until: threading.Event = field(default_factory=threading.Event)


@dataclass
class Seen:
    """One request."""

    method: str
    path: str
    query: dict[str, str]
    headers: list[tuple[str, str]]
    body: bytes
    connection: int
    certificate: str | None = None

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Answer:
    """What to send. With ``parts`` the body is chunked, part by part; without, it is ``body`` with its length."""

    body: Any = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    parts: Iterable[bytes | Cut | Hold] | None = None
    cut: bool = False  # close the connection instead of answering
    close: bool = False  # close it quietly after the answer, as a server that tires of idle connections does

    @property
    def payload(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


def failure(code: int, reason: str, message: str = "", **details: Any) -> Answer:
    """A ``Status`` as API servers send it."""
    status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message}
    return Answer({**status, "reason": reason, "details": details, "code": code}, status=code)


EMPTY = Answer({"items": [], "metadata": {"resourceVersion": "1"}})


def accepting(*authorizations):
    """An API server that knows only these."""
    return lambda seen: EMPTY if seen.header("authorization") in authorizations else failure(401, "Unauthorized")


def sent(server):
    return [seen.header("authorization") for seen in server.requests]


class Server:
    """Listens on a loopback port until closed. ``requests`` holds what was asked so far."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[Seen] = []
        self.answer: Callable[[Seen], Answer] = lambda _: Answer({"kind": "Status"})
        self.connections = 0
        self.gone = threading.Event()  # a connection has ended
        self._tls = tls
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="scripted-server")
        self._thread.start()
        self._server = self._call(self._start())
        port = self._server.sockets[0].getsockname()[1]
        self.port = port
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{port}"

    def close(self) -> None:
        self._call(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _call(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _start(self) -> asyncio.Server:
        return await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)

    async def _stop(self) -> None:
        self._server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        number = self.connections
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
                while await self._exchange(reader, writer, number):
                    pass
        finally:
            writer.transport.abort()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            self.gone.set()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> bool:
        first = await reader.readexactly(1)
        if first == b"\x16":  # a TLS handshake, which a server without TLS takes for a bad request
            writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
            return False
        seen = await self._request(first, reader, writer, number)
        self.requests.append(seen)
        answer = self.answer(seen)
        if answer.cut:
            return False
        await self._head(writer, answer)
        if answer.parts is None:
            writer.write(answer.payload)
            await writer.drain()
        elif not await self._parts(reader, writer, answer.parts):
            return False
        return not answer.close

    async def _request(
        self, first: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
    ) -> Seen:
        head = (first + await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ")
        headers = [tuple(line.split(": ", 1)) for line in head[1:] if line]
        length = next((int(value) for key, value in headers if key.lower() == "content-length"), 0)
        body = await reader.readexactly(length)
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        return Seen(method, parts.path, query, headers, body, number, _common_name(writer))

    async def _head(self, writer: asyncio.StreamWriter, answer: Answer) -> None:
        headers = {"Content-Type": "application/json", **answer.headers}
        if answer.parts is None:
            headers["Content-Length"] = str(len(answer.payload))
        else:
            headers["Transfer-Encoding"] = "chunked"
        lines = [f"HTTP/1.1 {answer.status} Said", *(f"{key}: {value}" for key, value in headers.items())]
        writer.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
        await writer.drain()

    async def _parts(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, parts: Iterable[bytes | Cut | Hold]
    ) -> bool:
        for part in parts:
            if isinstance(part, Cut):
                return False
            if isinstance(part, Hold):
                if not await self._held(reader, part):
                    return False
            elif part:
                writer.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
                await writer.drain()
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True

    async def _held(self, reader: asyncio.StreamReader, hold: Hold) -> bool:
        while not hold.until.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.02):
                    if await reader.read(1) == b"":
                        return False
        return True


def _common_name(writer: asyncio.StreamWriter) -> str | None:
    certificate = writer.get_extra_info("peercert")
    names = {key: value for pairs in (certificate or {}).get("subject", ()) for key, value in pairs}
    return names.get("commonName") or (names.get("organizationalUnitName") if names else None)
