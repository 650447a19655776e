"""What a magic understands, written down once: a table of verbs and their arguments.

The parser, the help and Tab completion all read the same table, so that an option cannot exist in one and be missing
in another.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Argument:
    """One argument of a verb.

    ``name`` is ``"name"`` for a positional, ``"--size"`` for an option; ``short`` its one-letter form.
    ``value`` is what stands for the value in the help (``"SIZE"``); an option without one is a switch.
    Tab offers ``suggests`` (examples; what is valid is the core's to say), or the live names of the kind ``completes``.
    A ``repeated`` option may be given several times; its value is a list.
    """

    name: str
    help: str
    short: str = ""
    value: str = ""
    example: str = ""
    required: bool = False
    suggests: tuple[str, ...] = ()
    completes: str = ""
    attribute: str = ""
    repeated: bool = False

    @property
    def is_option(self) -> bool:
        """Whether it is given by name."""
        return self.name.startswith("-")

    @property
    def takes_value(self) -> bool:
        """Whether a value follows it."""
        return not self.is_option or bool(self.value)

    @property
    def spellings(self) -> tuple[str, ...]:
        """Every way to write its name."""
        return (self.short, self.name) if self.short else (self.name,)

    @property
    def key(self) -> str:
        """Under which name the parser gives its value."""
        return self.attribute or self.name.lstrip("-").replace("-", "_")

    @property
    def shown(self) -> str:
        """How the help writes it."""
        return ", ".join(self.spellings) + (f" {self.value}" if self.is_option and self.value else "")


HELP = Argument("--help", "show this help", short="-h")


@dataclass(frozen=True)
class Verb:
    """One verb of a magic: what it takes and the function that does it.

    A cell magic has one verb, which is not written and has no name.
    """

    name: str
    summary: str
    call: Callable[[argparse.Namespace], object]
    arguments: tuple[Argument, ...] = ()
    examples: tuple[str, ...] = ()

    def of(self, magic: str) -> str:
        """Return how the verb of that magic is written: ``%kt_volume show``, ``%%kt_compute``."""
        return f"%{magic} {self.name}" if self.name else f"%%{magic}"

    @property
    def positionals(self) -> tuple[Argument, ...]:
        """Its arguments that are given by place."""
        return tuple(argument for argument in self.arguments if not argument.is_option)

    @property
    def options(self) -> tuple[Argument, ...]:
        """Its arguments that are given by name, help included."""
        return (*(argument for argument in self.arguments if argument.is_option), HELP)

    def option(self, spelling: str) -> Argument | None:
        """Find an option by any of its spellings."""
        return next((option for option in self.options if spelling in option.spellings), None)
