"""What a function's code mentions: which attributes of which modules, and what it imports when it runs.

Read from the bytecode, not the source: a function that came out of ``exec`` or a REPL has no source, and a decorated
one has another's. It says what *may* be used. Whoever reaches for an attribute in a way that the code doesn't show
(``getattr(module, name)``) uses the whole module.
"""

from __future__ import annotations

import dis
import functools
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import CodeType

# ("sub", "f") of pkg.sub.f(x); () when the module itself is handed on.
Chain = tuple[str, ...]

_ATTRIBUTES = frozenset({"LOAD_ATTR", "LOAD_METHOD", "STORE_ATTR", "DELETE_ATTR"})
_TRANSPARENT = frozenset({"COPY", "EXTENDED_ARG", "PUSH_NULL", "NOP"})
_LOADS = ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FAST", "LOAD_DEREF", "LOAD_CLASSDEREF", "LOAD_FROM_DICT_OR")
_RETURNS = frozenset({"RETURN_VALUE", "RETURN_CONST"})
_JUMPS = frozenset((*dis.hasjrel, *dis.hasjabs))


@dataclass(frozen=True, slots=True)
class Import:
    """An import inside a function.

    Attributes:
        module: As written, ``pkg.sub``.
        level: Dots before it.
        names: What is taken from it by ``from``.
        bound: The variable that then names a module; None for ``from``.
        whole: Whether that is the module itself (``import a.b as m``) and not its package ``a`` (``import a.b``).
        certain: Whether it runs in every call: under no condition, in no ``try``.
    """

    module: str
    level: int
    names: tuple[str, ...]
    bound: str | None
    whole: bool
    certain: bool

    def absolute(self, package: str | None) -> str | None:
        """Return the module's full name, given the package that the code is in."""
        if not self.level:
            return self.module
        parents = (package or "").split(".")
        if not package or self.level > len(parents):
            return None
        base = ".".join(parents[: len(parents) - self.level + 1])
        return f"{base}.{self.module}" if self.module else base


@dataclass(slots=True)
class Mentions:
    """All of it: by variable, the attributes that are reached through it; and the imports."""

    chains: dict[str, set[Chain]] = field(default_factory=dict)
    imports: list[Import] = field(default_factory=list)


@functools.lru_cache(maxsize=1024)
def mentions(code: CodeType) -> Mentions:
    """Read a function's code, and that of the functions and classes inside it."""
    found = Mentions()
    _read(code, found, outermost=True)
    return found


def _read(code: CodeType, found: Mentions, *, outermost: bool) -> None:
    instructions = [each for each in dis.get_instructions(code) if each.opname not in _TRANSPARENT]
    certain = set(_certain(code, instructions)) if outermost else set()
    for at, instruction in enumerate(instructions):
        if instruction.opname == "IMPORT_NAME":
            found.imports.append(_import(instructions, at, certain=instruction.offset in certain))
        for variable in (loaded := _loaded(instruction)):
            chain = _chain(instructions, at + 1) if variable is loaded[-1] else ()
            found.chains.setdefault(variable, set()).add(chain)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            _read(constant, found, outermost=False)


def _loaded(instruction: dis.Instruction) -> tuple[str, ...]:
    """Return the variables that an instruction puts on the stack, the topmost last; from 3.13 on it may be two."""
    name, value = instruction.opname, instruction.argval
    if "LOAD_FAST" in name and isinstance(value, tuple):
        return value[1:] if name.startswith("STORE_") else value
    return (value,) if name.startswith(_LOADS) and isinstance(value, str) else ()


def _chain(instructions: list[dis.Instruction], at: int) -> Chain:
    names: list[str] = []
    while at < len(instructions) and instructions[at].opname in _ATTRIBUTES:
        names.append(instructions[at].argval)
        at += 1
    return tuple(names)


def _import(instructions: list[dis.Instruction], at: int, *, certain: bool) -> Import:
    # Before it stand the level and the names that are wanted; after it, IMPORT_FROM a name, or STORE.
    level, wanted = (each.argval for each in instructions[at - 2 : at])
    if wanted:
        return Import(instructions[at].argval, level, tuple(wanted), None, whole=False, certain=certain)
    after = instructions[at + 1]
    stored = next(each.argval for each in instructions[at + 1 :] if each.opname.startswith("STORE_"))
    bound = stored[0] if isinstance(stored, tuple) else stored
    whole = after.opname == "IMPORT_FROM" or "." not in instructions[at].argval
    return Import(instructions[at].argval, level, (), bound, whole=whole, certain=certain)


def _certain(code: CodeType, instructions: list[dis.Instruction]) -> Iterator[int]:
    """Give the offsets at which every run of the code comes by, as far as can be told."""
    guarded = [(entry.start, entry.end) for entry in getattr(dis.Bytecode(code), "exception_entries", ())]
    beyond = 0
    for each in instructions:
        if each.opname in _RETURNS:
            return
        if each.offset >= beyond and not any(start <= each.offset < end for start, end in guarded):
            yield each.offset
        if each.opcode in _JUMPS and isinstance(each.argval, int):
            beyond = max(beyond, each.argval)
