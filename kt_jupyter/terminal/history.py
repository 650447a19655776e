r"""What was printed while nobody was attached: attach shows only what comes from now on, the pod's log has the rest.

The log holds whole lines, and ``\n`` where the terminal got ``\r\n``; the line being written (a prompt) is not in it
yet. So positions are found by content: the last lines seen are looked up in the log, and what follows them is new. What
arrives on the new connection before the log is read stands in both, and is cut from the log's end.
"""

from __future__ import annotations

from typing import Final

from kt_jupyter.terminal.replay import without_questions

_REMEMBERED: Final = 64 * 1024  # bytes of output that are looked up in the log
_ALTERNATE: Final = (b"\x1b[?1049h", b"\x1b[?1047h", b"\x1b[?47h")
_NORMAL: Final = (b"\x1b[?1049l", b"\x1b[?1047l", b"\x1b[?47l")


class History:
    """What has been shown."""

    def __init__(self) -> None:
        self._seen = b""

    def saw(self, data: bytes) -> None:
        """Note what is shown."""
        self._seen = (self._seen + data)[-_REMEMBERED:]

    @property
    def anything(self) -> bool:
        """Whether anything has been shown."""
        return bool(self._seen)

    @property
    def full_screen(self) -> bool:
        """Whether a full-screen program (vi, top, less) has the terminal: lines from a log would spoil it."""
        return max(map(self._seen.rfind, _ALTERNATE)) > max(map(self._seen.rfind, _NORMAL))

    def missed(self, log: bytes, arrived: bytes) -> bytes:
        """Return what to show between what was seen and what has arrived since.

        Args:
            log: The pod's log, read after the connection stood.
            arrived: What came over that connection before the log was read.
        """
        if self.full_screen:
            return b""  # it redraws itself when it hears the terminal's size
        text = _after(_lines(log), _lines(self._seen))
        missed = _without_end(text, _lines(arrived)).decode("latin-1")
        return without_questions(missed).replace("\n", "\r\n").encode("latin-1")


def _lines(data: bytes) -> bytes:
    return data.replace(b"\r", b"")


def _after(log: bytes, seen: bytes) -> bytes:
    """Return the log after what was seen; all of it when nothing was, or when it no longer reaches back so far."""
    whole, newline, begun = seen.rpartition(b"\n")
    whole += newline
    while whole:
        place = log.rfind(whole)
        # The log's end is looked up first with all that is remembered: a loop that prints the same line over and over
        # would match anywhere with less.
        if place >= 0:
            rest = log[place + len(whole) :]
            return rest.removeprefix(begun)
        first = whole.find(b"\n")
        whole = whole[max(first + 1, len(whole) // 2) :] if len(whole) > 1 else b""
    return log[len(begun) :] if begun and log.startswith(begun) else log


def _without_end(log: bytes, arrived: bytes) -> bytes:
    """Return the log without the lines at its end with which what has arrived begins."""
    end = arrived.rfind(b"\n") + 1
    while end:
        if log.endswith(arrived[:end]):
            return log[: len(log) - end]
        end = arrived.rfind(b"\n", 0, end - 1) + 1
    return log
