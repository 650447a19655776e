"""Where the local cluster may differ from the record, and why.

Short on purpose; an entry that no longer differs fails the tests.

Each entry: the exchange (`theme/scenario/number`), the dotted path inside it, the reason.
"""

from collections.abc import Callable
from copy import deepcopy
from fnmatch import fnmatchcase
from typing import Any

from .steps import dig

_TWO_KINDS_OF_EVENTS = "events of `v1` and of `events.k8s.io/v1` are stored apart, and not converted"

KNOWN: tuple[tuple[str, str, str], ...] = (
    ("small/events/9", "status", _TWO_KINDS_OF_EVENTS),
    ("small/events/9", "body", _TWO_KINDS_OF_EVENTS),
)


def without_known(
    exchange: str, recorded: dict[str, Any], answered: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both sides without the differences that are known and justified."""
    recorded, answered = deepcopy(recorded), deepcopy(answered)
    for pattern, path, _reason in KNOWN:
        if fnmatchcase(exchange, pattern):
            _remove(recorded, path)
            _remove(answered, path)
    return recorded, answered


def _remove(value: Any, path: str) -> None:
    *way, last = path.split(".")
    for part in way:
        value = value[int(part)] if isinstance(value, list) else value.get(part) if isinstance(value, dict) else None
    if isinstance(value, dict):
        value.pop(last, None)


def known_for(
    entry: tuple[str, str, str],
    load: Callable[[str], dict[str, list[dict[str, Any]]]],
    played: Callable[[str, str], list[dict[str, Any]]],
) -> bool:
    """Whether a known difference still shows in at least one exchange."""
    pattern, path, _reason = entry
    theme = pattern.split("/")[0]
    for name, exchanges in load(theme).items():
        for number, recorded in enumerate(exchanges):
            if fnmatchcase(f"{theme}/{name}/{number}", pattern) and dig(recorded, path) != dig(
                played(theme, name)[number], path
            ):
                return True
    return False
