"""Exceptions in IPython's shape, where there is no IPython: each frame with the lines around it, cells included."""

from __future__ import annotations

import linecache
import traceback
import types
from typing import Any, Dict, Iterator

Json = Dict[str, Any]

_AROUND = 2
_FRAMES = 20
_RED, _GREEN, _CYAN, _PLAIN = "\x1b[31m", "\x1b[32m", "\x1b[36m", "\x1b[0m"
_CELL = "<cell "
_RULE = "-" * 75


def cell_name(number: int) -> str:
    """Return the file name under which a cell's source is known."""
    return f"{_CELL}{number}>"


def remember(name: str, source: str) -> None:
    """Let tracebacks, and ``inspect``, find a cell's source."""
    lines = source.splitlines(keepends=True)
    linecache.cache[name] = (len(source), None, lines, name)


def one_line(error: BaseException) -> str:
    """Return an exception as one short line."""
    text = _text(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0]}" if text else type(error).__name__


def brief(error: BaseException) -> Json:
    """Return an exception without its traceback."""
    return {"ename": type(error).__name__, "evalue": _text(error), "traceback": [one_line(error)]}


def describe(error: BaseException) -> Json:
    """Return an exception as Jupyter's messages have it: name, text, and the traceback's lines."""
    lines: list[str] = []
    for each, leads_on in reversed(list(_chain(error))):
        lines += _one(each)
        lines += ["", leads_on, ""] if leads_on else []
    return {"ename": type(error).__name__, "evalue": _text(error), "traceback": lines}


def _chain(error: BaseException) -> Iterator[Any]:
    """Give an exception and those before it, newest first, each with the words that lead on to the one after it."""
    seen: set[int] = set()
    link = ""
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current, link
        if current.__cause__ is not None:
            current, link = current.__cause__, "The above exception was the direct cause of the following exception:"
        elif current.__context__ is not None and not current.__suppress_context__:
            link = "During handling of the above exception, another exception occurred:"
            current = current.__context__
        else:
            return


def _one(error: BaseException) -> list[str]:
    name = type(error).__name__
    if isinstance(error, SyntaxError):
        return [*_syntax(error), f"{_RED}{name}{_PLAIN}: {error.msg}"]
    head = _RED + _RULE + _PLAIN
    title = _RED + name + _PLAIN + "Traceback (most recent call last)".rjust(len(_RULE) - len(name))
    frames = [frame for frame in _frames(error.__traceback__) if not _is_ours(frame.tb_frame.f_code.co_filename)]
    parts = ["\n".join(_frame(frame)) for frame in frames]
    if len(parts) > _FRAMES:
        left_out = len(parts) - _FRAMES
        parts[_FRAMES // 2 : -_FRAMES // 2] = [f"    [... {left_out} frames are left out ...]"]
    notes = [str(note) for note in getattr(error, "__notes__", ())]
    return [head, title, *parts, f"{_RED}{name}{_PLAIN}: {_text(error)}", *notes]


def _frames(trace: types.TracebackType | None) -> Iterator[types.TracebackType]:
    while trace is not None:
        yield trace
        trace = trace.tb_next


def without_ours(trace: types.TracebackType | None) -> types.TracebackType | None:
    """Return a traceback that ends in users' code and not in the handler of ours that raised; for IPython."""
    last = None
    for each in _frames(trace):
        last = last if _is_ours(each.tb_frame.f_code.co_filename) else each
    if last is not None:
        last.tb_next = None
    return trace


def _is_ours(name: str) -> bool:
    return name.startswith("<kt_agent")


def _frame(trace: types.TracebackType) -> list[str]:
    code, line = trace.tb_frame.f_code, trace.tb_lineno
    if code.co_filename.startswith(_CELL):
        place = f"Cell In[{code.co_filename[len(_CELL) : -1]}], line {line}"
    else:
        place = f"File {code.co_filename}:{line}"
    if code.co_name != "<module>":
        place += f", in {_CYAN}{getattr(code, 'co_qualname', code.co_name)}{_PLAIN}"
    lines = [f"{_GREEN}{place}{_PLAIN}"]
    for number in range(max(1, line - _AROUND), line + _AROUND + 1):
        text = linecache.getline(code.co_filename, number, trace.tb_frame.f_globals)
        if not text:
            continue
        text = text.rstrip("\n")
        if number == line:
            lines.append(f"{_GREEN}{'-' * max(1, 5 - len(str(number)))}> {number}{_PLAIN} {text}")
        else:
            lines.append(f"{_GREEN}{number:7d}{_PLAIN} {text}")
    return lines


def _syntax(error: SyntaxError) -> list[str]:
    name = error.filename or "?"
    place = f"Cell In[{name[len(_CELL) : -1]}]" if name.startswith(_CELL) else f"File {name}"
    lines = [f"  {_GREEN}{place}, line {error.lineno}{_PLAIN}"]
    if error.text:
        text = error.text.rstrip("\n")
        lines.append("    " + text.lstrip())
        if error.offset:
            lines.append("    " + " " * max(0, error.offset - 1 - (len(text) - len(text.lstrip()))) + "^")
    return lines


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - an exception whose text raises one
        return f"(its text can't be had: {traceback.format_exc(limit=0).strip().splitlines()[-1]})"
