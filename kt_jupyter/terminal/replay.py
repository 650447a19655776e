r"""What a terminal shows to a page that comes back: a reload, a network that was away.

Jupyter keeps what a program wrote and sends all of it to every page that connects. Four things about that would look
wrong on a pod's terminal:

* A page whose connection broke still has its text, and gets it a second time: so what is sent begins with a reset.
* Programs ask terminals questions (where is the cursor? what are you?), busybox's shell at each prompt. A replayed
  question is answered once more, and the answer lands in whatever runs by now, as if it had been typed.
* The title is said once, at the beginning, and what is kept has an end.
* A thousand pieces are kept of 64 KB each: a page would wait for 64 MB after one ``cat`` of a large file.
"""

from __future__ import annotations

import re
from collections import deque
from typing import Final

_KEPT: Final = 1_000_000  # characters, some five times what JupyterLab scrolls back
_RESET: Final = "\x1bc"
_QUESTIONS: Final = re.compile(
    "\x1b\\[[>=?]?[0-9;]*[cnx]"  # what are you (DA), how are you, where is the cursor (DSR)
    "|\x1bZ"
    "|\x1b\\[\\??[0-9;]*\\$p"  # is that mode on (DECRQM)
    "|\x1b\\[>[0-9]*q"  # which version (XTVERSION)
    "|\x1b\\[(?:1[1-9]|2[01])(?:;[0-9;]*)?t"  # how large is the window
    "|\x1b\\][0-9;]*;\\?(?:\x07|\x1b\\\\)"  # which colour (OSC 4, 10, 11)
    "|\x1bP[$+]q[^\x1b]*\x1b\\\\"  # which setting (DECRQSS, XTGETTCAP)
)


def without_questions(text: str) -> str:
    """Return what a program wrote without what a terminal would answer."""
    return _QUESTIONS.sub("", text)


class Replay(deque[str]):
    """In the place of a pty's ``read_buffer``: takes what the program writes, and gives ``copy`` to each new page.

    Args:
        title: What the tab is called.
    """

    def __init__(self, title: str) -> None:
        super().__init__()
        self._begin = f"{_RESET}\x1b]0;{title}\x07"
        self._size = 0

    def append(self, text: str) -> None:
        """Keep what was written, and forget the oldest when it is too much."""
        super().append(text)
        self._size += len(text)
        while self._size > _KEPT and len(self) > 1:
            self._size -= len(self.popleft())

    def copy(self) -> deque[str]:  # type: ignore[override]
        """Return what a page is sent; terminado empties it and asks no more of it."""
        return deque([self._begin, without_questions("".join(self))])
