"""Which cell of a compute is meant."""

from __future__ import annotations

from collections.abc import Sequence

from kt_jupyter.compute.session import WorkInfo
from kt_jupyter.errors import InvalidInput


def chosen(compute: str, cells: Sequence[WorkInfo], wanted: str | None) -> WorkInfo:
    """Return the cell to attach to: the one that was named, else the one that runs, else the last.

    Args:
        compute: The compute's name, for errors.
        cells: Those that it remembers, oldest first.
        wanted: A cell's number, as in ``6`` or ``[6]``, or the beginning of an id. What can be both is a number: many
            an id begins with that digit. Of several the latest is meant.

    Raises:
        InvalidInput: There is none, or no such one.
    """
    if not cells:
        raise InvalidInput(f'no cell has run on compute "{compute}" yet.')
    if wanted is None:
        return next((each for each in cells if each.state == "running"), cells[-1])
    found = [each for each in cells if str(each.count) == wanted.strip("[]")]
    found = found or [each for each in cells if each.id.startswith(wanted)]
    if not found:
        listed = ", ".join(f"{each.id[:6]} [{each.count}] {each.label}" for each in cells[-5:])
        raise InvalidInput(f'compute "{compute}" remembers no cell {wanted}.', remedy=f"The last: {listed}")
    return found[-1]
