"""A pod that does as it is told: the server's end of an exec stream, over a real socket, each frame its own doing."""

import asyncio
import base64
import contextlib
import hashlib
import json

from kt_jupyter.kube import Cluster
from kt_jupyter.kube.limits import Limits
from kt_jupyter.kube.link import Link
from kt_jupyter.kube.streams import V5, open_attach, open_exec
from kt_jupyter.kube.target import Target

QUICK = Limits(connect=2, read=1, unreachable=1, busy=1, backoff=0.01, backoff_most=0.05, ping=0.05, silence=0.5)
SUCCESS = {"metadata": {}, "status": "Success"}
BINARY, CLOSE, PING, PONG = 2, 8, 9, 10
_MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def exit_status(code):
    causes = [{"reason": "ExitCode", "message": str(code)}]
    return {"status": "Failure", "reason": "NonZeroExitCode", "message": "…", "details": {"causes": causes}}


def frame(payload=b"", opcode=BINARY, *, fin=True, first=None, masked=False):
    """One frame as servers send it."""
    head = bytes([(first if first is not None else opcode | (0x80 if fin else 0))])
    size, bit = len(payload), 0x80 if masked else 0
    if size < 126:
        head += bytes([bit | size])
    elif size < 1 << 16:
        head += bytes([bit | 126]) + size.to_bytes(2)
    else:
        head += bytes([bit | 127]) + size.to_bytes(8)
    return head + payload


class Peer:
    """The server's end."""

    def __init__(self, reader, writer):
        self._reader, self._writer = reader, writer
        self.pings = 0

    async def raw(self, data):
        self._writer.write(data)
        await self._writer.drain()

    async def out(self, data, channel=1):
        await self.raw(frame(bytes([channel]) + data))

    async def status(self, status):
        await self.raw(frame(b"\x03" + json.dumps(status).encode()))

    async def close(self, code=1000, words=""):
        await self.raw(frame(code.to_bytes(2) + words.encode(), CLOSE))

    async def end(self, status=SUCCESS):
        await self.status(status)
        await self.close()
        await self.gone()  # to close with a client's ping unread would be a reset, which takes back what was sent

    def cut(self):
        self._writer.transport.abort()

    async def frame(self):
        """The next frame of the client's, unmasked, as it is."""
        first, size = await self._reader.readexactly(2)
        assert size & 0x80, "clients mask"
        size &= 0x7F
        if size > 125:
            size = int.from_bytes(await self._reader.readexactly(2 if size == 126 else 8))
        key = await self._reader.readexactly(4)
        data = await self._reader.readexactly(size)
        stream = (key * (size // 4 + 1))[:size]
        return first & 0x0F, (int.from_bytes(data) ^ int.from_bytes(stream)).to_bytes(size)

    async def message(self):
        """The next data message; pings are counted, and not answered."""
        while True:
            opcode, payload = await self.frame()
            if opcode == BINARY:
                return payload
            if opcode == CLOSE:
                return None
            self.pings += opcode == PING

    async def gone(self):
        """Wait until the client has closed."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while await self.message() is not None:
                pass


async def _handshake(reader, writer, protocol):
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    key = next(line.partition(": ")[2] for line in head.split("\r\n") if line.lower().startswith("sec-websocket-key"))
    accept = base64.b64encode(hashlib.sha1(f"{key}{_MAGIC}".encode()).digest()).decode()
    lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
    lines += [f"Sec-WebSocket-Accept: {accept}", f"Sec-WebSocket-Protocol: {protocol}"]
    return "\r\n".join([*lines, "", ""]).encode()


@contextlib.asynccontextmanager
async def exec_in(script, *, protocol=V5, limits=QUICK, with_handshake=b"", attach=False, **options):
    """A stream to a pod that plays ``script(peer)``; ``with_handshake`` comes in one packet with the 101."""
    failures = []

    async def serve(reader, writer):
        try:
            writer.write(await _handshake(reader, writer, protocol) + with_handshake)
            await script(Peer(reader, writer))
        except (OSError, asyncio.IncompleteReadError):
            pass  # the client went first
        except Exception as error:  # noqa: BLE001 - it is raised where the test is
            failures.append(error)
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    cluster = Cluster(Link(Target(f"http://127.0.0.1:{port}"), limits=limits))
    opened = open_attach(cluster, "p", **options) if attach else open_exec(cluster, "p", ["run"], **options)
    try:
        async with await opened as stream:
            yield stream
    finally:
        await cluster.aclose()
        server.close()
        assert not failures, failures


async def played(script, **options):
    """Play a script to its end: what arrived, joined by channel, and how it ended."""
    got = {1: b"", 2: b""}
    async with exec_in(script, **options) as stream:
        async for channel, data in stream:
            got[channel] += data
        return got[1], got[2], stream.end
