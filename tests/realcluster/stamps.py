"""Building each thing once: a stamp beside it holds a digest of what it was made from.

A stamp is written after the thing is complete and removed before it is touched, so an interrupted build is never taken
for a finished one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def digest(*parts: str | Path) -> str:
    """A digest of texts, of files' contents, and of all files below folders."""
    total = hashlib.sha256()
    for part in parts:
        if isinstance(part, str):
            total.update(part.encode() + b"\0")
            continue
        for file in sorted(part.rglob("*")) if part.is_dir() else [part]:
            if file.is_file():
                total.update(file.name.encode() + b"\0" + file.read_bytes())
    return total.hexdigest()


def is_made(thing: Path, made_from: str) -> bool:
    """Whether ``thing`` is there, complete, and made from exactly this."""
    stamp = _stamp(thing)
    return thing.exists() and stamp.exists() and stamp.read_text() == made_from


def of(thing: Path) -> str:
    """What a thing was made from, for the stamp of what is made from it."""
    return _stamp(thing).read_text()


@contextmanager
def making(thing: Path, made_from: str) -> Iterator[None]:
    """Take the stamp away while ``thing`` is being made; put the new one when that went well."""
    stamp = _stamp(thing)
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.unlink(missing_ok=True)
    yield
    stamp.write_text(made_from)


def _stamp(thing: Path) -> Path:
    return thing.with_name(thing.name + ".stamp")
