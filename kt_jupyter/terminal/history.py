r"""What was printed while nobody was attached: attach shows only what comes from now on, the pod's log has the rest.

The log holds whole lines, and ``\n`` where the terminal got ``\r\n``; the line being written (a prompt) is not in it
yet. So positions are found by content: where do the last lines seen stand in the log? What follows them is new. What
arrives on the new connection before the log is read stands in both, and is cut from the log's end.

What stood in the line when a connection began is in neither of them until the line ends: a prompt, mostly. Such places
are marked, and anything may have been there.

Lines repeat (prompts, a loop that prints the same). A place is possible where the lines before it are those last seen,
back to the first one that is remembered or to the log's beginning. Of several possible places the one with the most
lines seen before it is taken, and of equals the earliest: rather is a line shown twice than lost.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from kt_jupyter.terminal.replay import without_questions

_REMEMBERED: Final = 64 * 1024  # bytes of output that are looked up in the log
_ALTERNATE: Final = (b"\x1b[?1049h", b"\x1b[?1047h", b"\x1b[?47h")
_NORMAL: Final = (b"\x1b[?1049l", b"\x1b[?1047l", b"\x1b[?47l")
_CUT: Final = b"\0"  # terminals ignore it: what was shown has none that counts
_LONGEST: Final = max(map(len, _ALTERNATE))


class History:
    """What has been shown.

    Attributes:
        anything: Whether anything has been shown.
        full_screen: Whether a full-screen program (vi, less) has the terminal: lines from a log would spoil it.
    """

    def __init__(self) -> None:
        self._seen = b""  # the last of it, without a gap; begins with a whole line
        self.anything = False
        self.full_screen = False

    def saw(self, data: bytes) -> None:
        """Note what is shown."""
        if not data:
            return
        self.anything = True
        new = self._seen[-_LONGEST:] + data  # a switch can be cut in two
        if (into := _last(new, _ALTERNATE)) != (out := _last(new, _NORMAL)):
            self.full_screen = into > out
        self._seen += data.replace(_CUT, b"")
        if len(self._seen) > _REMEMBERED:
            self._seen = self._seen[-_REMEMBERED:]
            self._seen = self._seen[self._seen.find(b"\n") + 1 :]

    def missed(self, log: bytes, arrived: bytes) -> bytes:
        """Return what to show between what was seen and what comes over a new connection.

        Args:
            log: The pod's log, read after the connection stood; nothing when it cannot be read.
            arrived: What came over that connection before the log was read.
        """
        missed = b"" if self.full_screen else self._between(log, arrived)  # it redraws itself when it hears the size
        self.saw(missed)
        if not self._seen.endswith(_CUT):
            self._seen += _CUT
        return missed

    def _between(self, log: bytes, arrived: bytes) -> bytes:
        *seen, begun = _lines(self._seen)
        *logged, _ = _lines(log.replace(_CUT, b""))
        place = _place(logged, seen, begun)
        rest = b"".join(line + b"\n" for line in logged[place or 0 :])
        beginning = _pattern(_text(begun)).match(_text(rest))
        if (place is None and seen) or (rest and beginning is None):
            self._seen = b""  # what comes does not follow what was seen
        elif beginning is not None:
            rest = _text(rest)[beginning.end() :].encode()
        return _without_end(rest, _plain(arrived)).replace(b"\n", b"\r\n")


def _plain(data: bytes) -> bytes:
    """Return output as the log and the terminal agree on it, and as it can be shown again."""
    return without_questions(data.decode("latin-1")).replace("\r", "").encode("latin-1")


def _lines(data: bytes) -> list[bytes]:
    """Return whole lines, and what stands after the last of them."""
    return _plain(data).split(b"\n")


def _place(log: Sequence[bytes], seen: Sequence[bytes], begun: bytes) -> int | None:
    """Return how many of the log's lines have been seen; None when none of them is known to have been."""
    log_text, seen_text, next_line = [*map(_text, log)], [*map(_text, seen)], _pattern(_text(begun))
    best: tuple[bool, int] = (False, 0)
    found: int | None = None
    for place in range(len(log), 0, -1):
        same = _same_before(log_text, place, seen_text)
        if not same or same < min(place, len(seen)):
            continue
        fits = place == len(log) or next_line.match(log_text[place]) is not None
        if (fits, same) >= best:
            best, found = (fits, same), place
        if place <= same and fits:
            break  # before the log's beginning there is no better one
    return found


def _same_before(log: Sequence[str], place: int, seen: Sequence[str]) -> int:
    """Count the lines before a place in the log that are the last ones seen."""
    same = 0
    most = min(place, len(seen))
    while same < most and _is_same(log[place - 1 - same], seen[-1 - same]):
        same += 1
    return same


def _is_same(logged: str, seen: str) -> bool:
    return logged == seen or ("\0" in seen and _pattern(seen).fullmatch(logged) is not None)


def _pattern(seen: str) -> re.Pattern[str]:
    """Match a line, or its beginning, of which something may not have been seen where a connection began."""
    return re.compile(".*?".join(map(re.escape, seen.split("\0"))))


def _text(data: bytes) -> str:
    # The log came as text: what is no UTF-8 has been replaced in it.
    return data.decode(errors="replace")


def _without_end(log: bytes, arrived: bytes) -> bytes:
    """Return the log without the lines at its end with which what has arrived begins."""
    end = arrived.rfind(b"\n") + 1
    while end:
        if log.endswith(arrived[:end]):
            return log[: len(log) - end]
        end = arrived.rfind(b"\n", 0, end - 1) + 1
    return log


def _last(data: bytes, switches: Sequence[bytes]) -> int:
    return max(map(data.rfind, switches))
