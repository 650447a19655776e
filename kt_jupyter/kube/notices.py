"""What a person should see once, beside a call's result: the API server's ``Warning`` headers, and our own lines.

Requests run on the I/O thread, where a notebook front end cannot tell which cell output belongs to. So notices are
collected there and written to stderr by the thread that made the call, after it (``flush``). Only a login plugin that
keeps everybody waiting is shown from the I/O thread (``say_now``).

Not ``warnings.warn``: these are the server's words to a person, like kubectl's ``Warning:`` lines, not remarks on
the program's code, and a program that turns warnings into errors must not die of them.
"""

from __future__ import annotations

import re
import sys
import threading
from collections import deque
from collections.abc import Callable

from kt_jupyter.kube import loop

# warn-code SP warn-agent SP quoted-string (RFC 7234 §5.5); Kubernetes sends code 299 and agent "-"
_WARNING = re.compile(r'299 \S+ "((?:[^"\\]|\\.)*)"')
_REMEMBERED = 1000

_pending: deque[str] = deque()
_seen: dict[str, None] = {}
_lock = threading.Lock()


def warned(header: str) -> None:
    """Note the warnings of one ``Warning`` header; each text is shown once in the life of the process."""
    for quoted in _WARNING.findall(header):
        text = re.sub(r"\\(.)", r"\1", quoted)
        with _lock:
            if text in _seen:
                continue
            _seen[text] = None
            if len(_seen) > _REMEMBERED:
                del _seen[next(iter(_seen))]
        say(f"Warning from the API server: {text}")


def say(text: str) -> None:
    """Queue a line for the end of the current call."""
    _pending.append(text)


def say_now(text: str) -> None:
    """Write a line at once."""
    (to_stderr if loop.on_loop_thread() else _write)(text)


def to_stderr(text: str) -> None:
    """Write a line where kubectl's users expect it."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201


def use(write: Callable[[str], None]) -> Callable[[str], None]:
    """Have lines written by ``write`` from now on, and return what wrote them before: a notebook has better places."""
    global _write
    before, _write = _write, write
    return before


_write: Callable[[str], None] = to_stderr


def flush() -> None:
    """Write what is queued. Called by the thread that a person waits on."""
    while _pending:
        try:
            text = _pending.popleft()
        except IndexError:  # another thread was faster
            return
        say_now(text)


def forget() -> None:
    """Show every warning anew: for tests, and for a kernel that switches to another cluster."""
    with _lock:
        _seen.clear()
    _pending.clear()
