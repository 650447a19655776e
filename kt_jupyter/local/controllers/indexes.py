"""Completion indexes of Indexed Jobs: how they are written, and which one a pod has. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from kt_jupyter.local.objects import Object, dig

ANNOTATION: Final = "batch.kubernetes.io/job-completion-index"
_MAX_GENERATED: Final = 58  # longest prefix that five random characters are added to


def parse(text: str) -> set[int]:
    """Read ``completedIndexes``.

    Example:
        >>> sorted(parse("0-2,5"))
        [0, 1, 2, 5]
    """
    found: set[int] = set()
    for part in text.split(",") if text else []:
        first, _, last = part.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return found


def write(numbers: Iterable[int]) -> str:
    """Write ``completedIndexes``: runs of three and more as ranges, as Kubernetes does.

    Example:
        >>> write({5, 0, 1, 2, 7, 8})
        '0-2,5,7,8'
    """
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ",".join(_run(run) for run in runs)


def of_pod(pod: Object) -> int | None:
    """Return a pod's completion index, None when it has none."""
    text = (dig(pod, "metadata", "annotations") or {}).get(ANNOTATION, "")
    return int(text) if text.isdigit() else None


def name_prefix(job: str, index: int | None) -> str:
    """Return what the names of a job's pods begin with.

    Example:
        >>> name_prefix("train", 3), name_prefix("train", None)
        ('train-3-', 'train-')
    """
    end = "-" if index is None else f"-{index}-"
    return job[: _MAX_GENERATED - len(end)] + end


def _run(run: list[int]) -> str:
    if len(run) == 1:
        return str(run[0])
    if len(run) == 2:
        return f"{run[0]},{run[1]}"
    return f"{run[0]}-{run[-1]}"
