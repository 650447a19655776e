"""The states of what a person watches: what volumes' and computes' have in common."""

from __future__ import annotations

from enum import Enum


class PersonsState(Enum):
    """A state for a person: the word, the shape beside it, and its rank in a list (problems first)."""

    def __init__(self, word: str, shape: str, rank: int) -> None:
        self.word = word
        self.shape = shape
        self.rank = rank
