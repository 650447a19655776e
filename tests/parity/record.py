"""Recorded answers: one file a theme, kept in git, so written to be read and to give small diffs."""

import difflib
import json
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from . import themes
from .normal import pretty
from .steps import Json, Scenario

FOLDER = Path(__file__).parent / "recorded"


def theme_names() -> list[str]:
    """Every theme there is."""
    return sorted(module.name for module in iter_modules(themes.__path__))


def scenarios(theme: str) -> list[Scenario]:
    """A theme's scenarios, in the order in which they are written."""
    found: list[Scenario] = import_module(f"{themes.__name__}.{theme}").SCENARIOS
    names = [scenario.name for scenario in found]
    assert len(names) == len(set(names)), f"two scenarios of {theme} share a name"
    return found


@cache
def load(theme: str) -> dict[str, list[dict[str, Json]]]:
    """What the real server answered: scenario → exchanges."""
    path = FOLDER / f"{theme}.json"
    return json.loads(path.read_text()) if path.exists() else {}


def save(theme: str, answers: dict[str, list[dict[str, Json]]]) -> Path:
    """Write a theme's answers."""
    path = FOLDER / f"{theme}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(pretty(answers) + "\n")
    return path


def difference(recorded: Json, answered: Json) -> str:
    """The lines that differ, with their surroundings; empty when nothing does."""
    lines = difflib.unified_diff(
        pretty(recorded).splitlines(),
        pretty(answered).splitlines(),
        "real Kubernetes (recorded)",
        "this cluster",
        lineterm="",
        n=2,
    )
    return "\n".join(lines)
