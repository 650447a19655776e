"""Which fields a value has, and which differ between two."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from kt_jupyter.local.ownership.sets import FieldSet, Path
from kt_jupyter.local.ownership.shapes import Piece, Shape, divides, pieces


def fields_in(value: Any, shape: Shape) -> FieldSet:
    """Return the fields that a value gives."""
    found = FieldSet()
    _collect(value, shape, found)
    return found


def _collect(value: Any, shape: Shape, found: FieldSet) -> None:
    inside = list(pieces(value, shape))
    often = Counter(piece.element for piece in inside) if shape.is_items else Counter()
    for piece in inside:
        if not divides(piece.value, piece.shape):
            found.members.add(piece.element)
            continue
        if not piece.named or piece.value is None or piece.value == {}:
            found.members.add(piece.element)
        if often[piece.element] > 1:
            continue  # nobody can tell these apart
        child = FieldSet()
        _collect(piece.value, piece.shape, child)
        if child:
            found.children[piece.element] = child


@dataclass(slots=True)
class Difference:
    """What has come, what has gone, and what is another."""

    added: FieldSet = field(default_factory=FieldSet)
    removed: FieldSet = field(default_factory=FieldSet)
    modified: FieldSet = field(default_factory=FieldSet)

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.modified)


_ABSENT: Final = object()
_Pieces = dict[str, list[Piece]]  # those with one element together


def difference(old: Any, new: Any, shape: Shape) -> Difference:
    """Return how ``new`` differs from ``old``, both as the server holds them."""
    found = Difference()
    _compare_pieces(_by_element(old, shape), _by_element(new, shape), (), found)
    return found


def _compare(old: Any, new: Any, shape: Shape, path: Path, found: Difference) -> None:
    if old == new:
        return
    before, after = _by_element(old, shape), _by_element(new, shape)
    if before or after:
        _compare_pieces(before, after, path, found)
    elif old is not _ABSENT and new is not _ABSENT:
        found.modified.add(path)
    if old is _ABSENT:
        found.added.add(path)
    elif new is _ABSENT:
        found.removed.add(path)


def _compare_pieces(before: _Pieces, after: _Pieces, path: Path, found: Difference) -> None:
    for element in before.keys() | after.keys():
        left, right = before.get(element, []), after.get(element, [])
        here = (*path, element)
        if len(left) <= 1 and len(right) <= 1:
            inner = (left or right)[0].shape
            _compare(_value(left), _value(right), inner, here, found)
        elif len(left) > 1 and len(right) > 1:
            if [piece.value for piece in left] != [piece.value for piece in right]:
                found.modified.add(here)
        elif len(left) > 1:
            if right:
                _compare(_ABSENT, right[0].value, right[0].shape, here, found)
            found.removed.add(here)
        else:
            if left:
                _compare(left[0].value, _ABSENT, left[0].shape, here, found)
            found.added.add(here)


def _by_element(value: Any, shape: Shape) -> _Pieces:
    found: _Pieces = {}
    if value is not _ABSENT and divides(value, shape):
        for piece in pieces(value, shape, stored=True):
            found.setdefault(piece.element, []).append(piece)
    return found


def _value(held: list[Piece]) -> Any:
    return held[0].value if held else _ABSENT
