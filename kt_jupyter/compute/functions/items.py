"""The items of a generator that runs in a pod, one by one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

from kt_jupyter.compute.functions.call import Call


class Items(Iterator[Any]):
    """What a generator function yields there; a context manager that ends it.

    It runs ahead of the loop that reads here. Leaving it early (``close``, the end of a ``with``, or when nobody holds
    it any more) interrupts the generator, so that its ``finally`` runs.

    Attributes:
        call: The call behind it.

    Example:
        >>> for epoch in history_fn(epochs=3):
        ...     print(epoch["loss"])
        0.53
        0.31
        0.24
    """

    def __init__(self, call: Call, *, quiet: bool) -> None:
        self.call = call
        self._items = call.items(quiet=quiet)

    def __next__(self) -> Any:
        try:
            return next(self._items)
        except KeyboardInterrupt:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.call.let_go()

    def close(self) -> None:
        """End the generator; again, it lets it take its time."""
        self._items.close()
        if not self.call.done():  # a second cancel would end its process, and its ``finally`` with it
            self.call.cancel()

    def __repr__(self) -> str:
        return f"<Items of {self.call.function} on pod {self.call.pod}: {self.call.state}>"
