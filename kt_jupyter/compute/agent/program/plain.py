"""Cells without IPython: the last expression is displayed, ``await`` works at top level, figures appear.

Source is Python. Lines that begin with ``!`` or ``%pip`` are run as commands if the cell is no Python otherwise, and
``%matplotlib`` is taken for granted; other magics need IPython in the image, and the error says so.
"""

from __future__ import annotations
import __future__

import ast
import builtins
import inspect
import re
import subprocess
import sys
import types
from typing import Any, Dict

from . import engine, figures, records, tracebacks
from .display import Display
from .streams import Voice

Json = Dict[str, Any]

_FLAGS = [getattr(__future__, name).compiler_flag for name in __future__.all_feature_names]
_COMMAND = re.compile(r"^(\s*)(!|%pip |%matplotlib\b|%)(.*)$")
_RUNNER = "_kt_command"


class PlainEngine(engine.Engine):
    """See the module."""

    def __init__(self, main: types.ModuleType, voice: Voice) -> None:
        self._namespace = main.__dict__
        self._voice = voice
        self._display = Display(voice)
        self._display.install()
        self._count = 0
        self._flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        self._loop: Any = None
        setattr(builtins, _RUNNER, _command)

    def number(self, count: Any) -> int:
        """See the base class."""
        self._count = int(count) if count else self._count + 1
        return self._count

    def run(self, source: str) -> Json:
        """See the base class."""
        name = tracebacks.cell_name(self._count)
        tracebacks.remember(name, source)
        try:
            try:
                self._run(source, name)
            finally:
                figures.flush()
        except KeyboardInterrupt as error:
            return self._failed(error, "interrupted")
        except BaseException as error:  # noqa: BLE001 - SystemExit too: the process is ours
            return self._failed(error, "error")
        return {"status": "ok"}

    def _failed(self, error: BaseException, status: str) -> Json:
        told = tracebacks.describe(error)
        self._voice.record(records.ERROR, told)
        return {"status": status, "error": told}

    def _run(self, source: str, name: str) -> None:
        tree = self._parsed(source, name)
        last = tree.body[-1] if tree.body else None
        shown = isinstance(last, ast.Expr) and not _is_quiet(source)
        if shown:
            tree.body.pop()
        if tree.body:
            self._execute(compile(tree, name, "exec", self._flags, dont_inherit=True))
        if shown:
            assert isinstance(last, ast.Expr)
            value = self._execute(compile(ast.Expression(last.value), name, "eval", self._flags, dont_inherit=True))
            if value is not None:
                self._keep(value)
                self._display.result(value, self._count)

    def _parsed(self, source: str, name: str) -> ast.Module:
        flags = self._flags | ast.PyCF_ONLY_AST
        try:
            return _tree(source, name, flags)
        except SyntaxError as error:
            other, magic = _with_commands(source)
            if other == source:
                raise
            try:
                return _tree(other, name, flags)
            except SyntaxError:
                pass
            if magic:
                error.msg = f"{error.msg} ({magic} is a magic, and this image has no IPython)"
            raise

    def _execute(self, code: types.CodeType) -> Any:
        for flag in _FLAGS:
            self._flags |= code.co_flags & flag
        value = eval(code, self._namespace)  # noqa: S307 - this is what we are here for
        if code.co_flags & inspect.CO_COROUTINE:
            return self._awaited(value)
        return value

    def _awaited(self, coroutine: Any) -> Any:
        import asyncio  # its import takes as long as all the others

        if self._loop is None or self._loop.is_closed():
            self._loop = asyncio.new_event_loop()
            asyncio.set_event_loop(self._loop)
        task = self._loop.create_task(coroutine)
        try:
            return self._loop.run_until_complete(task)
        except KeyboardInterrupt:
            task.cancel()
            self._loop.run_until_complete(asyncio.wait([task]))
            raise

    def _keep(self, value: Any) -> None:
        names = self._namespace
        names["___"], names["__"], names["_"] = names.get("__"), names.get("_"), value


def _tree(source: str, name: str, flags: int) -> ast.Module:
    tree: ast.Module = compile(source, name, "exec", flags, dont_inherit=True)
    return tree


def _is_quiet(source: str) -> bool:
    """Whether a cell ends with a semicolon, which means: do not show it."""
    line = source.rstrip().rsplit("\n", 1)[-1]
    return line.partition("#")[0].rstrip().endswith(";")


def _with_commands(source: str) -> Any:
    """Return the source with lines of shell as calls, and the first magic that is none of ours."""
    lines, magic = [], ""
    for line in source.split("\n"):
        found = _COMMAND.match(line)
        if found is None:
            lines.append(line)
            continue
        indent, kind, rest = found.groups()
        if kind == "!":
            lines.append(f"{indent}{_RUNNER}({rest!r})")
        elif kind == "%pip ":
            lines.append(f"{indent}{_RUNNER}({sys.executable + ' -m pip ' + rest!r})")
        elif kind == "%matplotlib":
            lines.append(f"{indent}pass")
        else:
            magic = magic or "%" + rest.split(" ")[0]
            lines.append(line)
    return "\n".join(lines), magic


def _command(line: str) -> None:
    done = subprocess.run(line, shell=True, check=False)  # noqa: S602 - the user wrote it for a shell
    if done.returncode:
        sys.stderr.write(f"[exit code {done.returncode}]\n")
