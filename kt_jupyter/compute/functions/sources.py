"""The lines of code in a traceback from a pod: they are here and not there.

A function from a cell or a person's own file has a file name and line numbers in the pod, and no file. IPython keeps
the sources of cells where ``linecache`` finds them.
"""

from __future__ import annotations

import linecache
import re
import sys
from typing import Final

_AROUND: Final = 2
_GREEN, _PLAIN = "\x1b[32m", "\x1b[0m"
_PLACE: Final = re.compile(r"^(?P<green>\x1b\[32m)?File (?P<file>.+):(?P<line>\d+)(?P<rest>.*)$")


def with_sources(traceback: tuple[str, ...]) -> tuple[str, ...]:
    """Return the lines of a traceback, with the code of those frames whose code is missing."""
    return tuple(_frame(part) for part in traceback)


def _frame(part: str) -> str:
    if "\n" in part:  # its code was there
        return part
    found = _PLACE.match(part)
    if found is None:
        return part
    file, number = found["file"], int(found["line"])
    lines = linecache.getlines(file)
    if len(lines) < number:
        return part
    cell = _cell(file)
    place = part if cell is None else f"{found['green'] or ''}{cell}, line {number}{found['rest']}"
    code = [_line(at, lines[at - 1], at == number) for at in _around(number, len(lines))]
    return "\n".join([place, *code])


def _around(number: int, most: int) -> range:
    return range(max(1, number - _AROUND), min(most, number + _AROUND) + 1)


def _line(number: int, text: str, is_it: bool) -> str:  # noqa: FBT001 - one of two ways
    text = text.rstrip("\n")
    if is_it:
        return f"{_GREEN}{'-' * max(1, 5 - len(str(number)))}> {number}{_PLAIN} {text}"
    return f"{_GREEN}{number:7d}{_PLAIN} {text}"


def _cell(file: str) -> str | None:
    """Return what IPython calls a cell: ``Cell In[5]``; None for a file."""
    ipython = sys.modules.get("IPython")  # see ``compute.showing``
    shell = ipython.get_ipython() if ipython else None
    name = shell.compile.format_code_name(file) if shell is not None else None
    return None if name is None else " ".join(name)
