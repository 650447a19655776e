"""RFC 6455 frames, without I/O: what a client sends, masked, and what it receives, checked and put together.

Our own and not ``wsproto``: the handshake is an ordinary request of the client's (its connections, proxies, renewals),
so that a library would contribute these pages only. The masking is tornado's, which JupyterLab brings along, in C where
it was built with that (2,600 MB/s on 32 KiB). Else it is the one that ``wsproto`` has: of the ways pure Python offers,
``bytes.translate`` on every fourth byte is the fastest (400 MB/s; XOR of big integers makes 200).

Source: https://www.rfc-editor.org/rfc/rfc6455#section-5
"""

from __future__ import annotations

import contextlib
import os
import struct
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
_KNOWN = frozenset((CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG))
_FIN, _RESERVED, _OPCODE, _CONTROL, _MASKED = 0x80, 0x70, 0x0F, 0x08, 0x80
_SHORT, _TWO_BYTES, _EIGHT_BYTES = 125, 126, 127
_MOST = 32 * 1024 * 1024  # bytes of a message: API servers accept no more either

NORMAL, BROKEN_PROTOCOL, TOO_BIG = 1000, 1002, 1009
_NO_CODE = 1005


class FrameError(Exception):
    """The server sent what RFC 6455 forbids; ``code`` is what to close with."""

    def __init__(self, what: str, code: int = BROKEN_PROTOCOL) -> None:
        super().__init__(what)
        self.code = code


class Message(NamedTuple):
    """A control frame, or a data message with its fragments joined (``opcode`` is then that of the first)."""

    opcode: int
    payload: bytes

    @property
    def close_reason(self) -> tuple[int, str]:
        """A close frame's code and words; 1005 where it carries none."""
        if len(self.payload) < 2:  # noqa: PLR2004 - the code's length
            return _NO_CODE, ""
        return int.from_bytes(self.payload[:2]), self.payload[2:].decode(errors="replace")


def encode(opcode: int, payload: bytes | bytearray) -> bytes:
    """Return one whole client frame. Every frame has a new key, which nobody can foresee, as the RFC asks."""
    size, key = len(payload), os.urandom(4)
    first = _FIN | opcode
    if size <= _SHORT:
        head = struct.pack("!BB", first, _MASKED | size)
    elif size < 1 << 16:
        head = struct.pack("!BBH", first, _MASKED | _TWO_BYTES, size)
    else:
        head = struct.pack("!BBQ", first, _MASKED | _EIGHT_BYTES, size)
    return b"".join((head, key, mask(key, bytes(payload))))


def close_payload(code: int, reason: str = "") -> bytes:
    """Return what a close frame carries."""
    return code.to_bytes(2) + reason.encode()


def mask_in_python(key: bytes, payload: bytes) -> bytes:
    """XOR with the key, over and over; masking twice gives the payload again."""
    masked = bytearray(payload)
    for index, byte in enumerate(key):
        masked[index::4] = masked[index::4].translate(_xor_with(byte))
    return bytes(masked)


@cache
def _xor_with(byte: int) -> bytes:
    return bytes(value ^ byte for value in range(256))


mask: Callable[[bytes, bytes], bytes] = mask_in_python
"""The fastest way there is here to do that."""
with contextlib.suppress(ImportError):  # an optional part of tornado
    from tornado.speedups import websocket_mask

    mask = websocket_mask


class Decoder:
    """Bytes in, messages out, however the network has cut them.

    A server sends thousands of frames a second, 4 KB each: hence the shortcut for the plain kind, and one ``del`` for
    all that came together.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._parts: list[bytes] = []
        self._gathered = 0  # bytes in ``_parts``
        self._opcode = CONTINUATION  # of the message whose fragments are being gathered
        self.error: FrameError | None = None  # what is wrong after the last good message; nothing is read any more

    def feed(self, data: bytes) -> list[Message]:
        """Take what has arrived and return every message that is complete now; then look at ``error``."""
        self._buffer += data
        messages: list[Message] = []
        used = 0
        try:
            while self.error is None and (frame := self._frame(used)):
                first, start, used = frame
                payload = bytes(self._buffer[start:used])
                if first == _FIN | BINARY and not self._opcode:
                    messages.append(Message(BINARY, payload))
                elif message := self._whole(first & _OPCODE, bool(first & _FIN), payload):
                    messages.append(message)
        except FrameError as error:
            self.error = error
        del self._buffer[:used]
        return messages

    def _frame(self, at: int) -> tuple[int, int, int] | None:
        """Return the first byte, and the payload's start and end, of the frame that begins there; None if not whole."""
        buffer, here = self._buffer, len(self._buffer)
        if here < at + 2:
            return None
        first, size, start = buffer[at], buffer[at + 1], at + 2
        if first != _FIN | BINARY or size & _MASKED:
            _check(first, size)
        if size > _SHORT:
            start = at + (4 if size == _TWO_BYTES else 10)
            if here < start:
                return None
            size = int.from_bytes(buffer[at + 2 : start])
            if size + self._gathered > _MOST:
                raise FrameError(f"a message of more than {_MOST} bytes", TOO_BIG)
        return (first, start, start + size) if here >= start + size else None

    def _whole(self, opcode: int, final: bool, payload: bytes) -> Message | None:  # noqa: FBT001 - the frame's bit
        if opcode & _CONTROL:
            return Message(opcode, payload)
        if (opcode == CONTINUATION) != (self._opcode != CONTINUATION):
            raise FrameError("fragments out of order")
        self._opcode = self._opcode or opcode
        self._parts.append(payload)
        self._gathered += len(payload)
        if not final:
            return None
        message = Message(self._opcode, b"".join(self._parts))
        self._parts, self._gathered, self._opcode = [], 0, CONTINUATION
        return message


def _check(first: int, size: int) -> None:
    if first & _RESERVED:
        raise FrameError("an extension that was not agreed on")
    if size & _MASKED:
        raise FrameError("a masked frame from a server")
    if first & _OPCODE not in _KNOWN:
        raise FrameError(f"an unknown frame, opcode {first & _OPCODE}")
    if first & _CONTROL and (size > _SHORT or not first & _FIN):
        raise FrameError("a control frame that is fragmented or too long")
