"""What a compute is asked to be, what is meant where nothing is said, and where two differ.

An option is None until somebody says it. So a compute that runs is compared with what was asked, not with defaults:
whoever only names it gets it as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from kt_jupyter.specs import human
from kt_jupyter.specs.durations import written
from kt_jupyter.specs.pod import Mount, RunAs
from kt_jupyter.specs.quantity import Quantity, parse

Json = Mapping[str, Any]

IDLE: Final = 30 * 60
NEVER: Final = 0
_NOT_TOLD: Final = ("tolerations", "run_as", "working_dir")  # what follows from the others


@dataclass(frozen=True, slots=True)
class Options:
    """What a compute is: checked values, None for what was left open.

    Attributes:
        cpus: CPUs.
        memory: Memory.
        gpus: GPUs; 0 for none.
        image: The image.
        env_vars: Environment variables.
        mounts: Volumes, and where they are mounted.
        idle: Seconds without use after which it ends; ``NEVER`` if it must not.
        node_selector: Labels that its node must have.
        tolerations: Taints that it puts up with, as Kubernetes writes them.
        queue: The Kueue queue that admits it.
        run_as: Whom it runs as.
        working_dir: Where cells begin.
        service_account: The service account; its token stays outside.
        image_pull_secret: The secret with which its image is pulled.
        priority_class: Its priority class.
        workers: That many pods, each with a rank; None for one pod without.
    """

    cpus: Quantity | None = None
    memory: Quantity | None = None
    gpus: int | None = None
    image: str | None = None
    env_vars: Mapping[str, str] | None = None
    mounts: tuple[Mount, ...] | None = None
    idle: int | None = None
    node_selector: Mapping[str, str] | None = None
    tolerations: tuple[Json, ...] | None = None
    queue: str | None = None
    run_as: RunAs | None = None
    working_dir: str | None = None
    service_account: str | None = None
    image_pull_secret: str | None = None
    priority_class: str | None = None
    workers: int | None = None

    def over(self, defaults: Options) -> Options:
        """Return these options, with the defaults where they are left open."""
        open_ones = {
            each.name: getattr(defaults, each.name) for each in fields(self) if getattr(self, each.name) is None
        }
        return replace(self, **open_ones)


def defaults(image: str) -> Options:
    """Return what is meant where nothing is said."""
    return Options(
        cpus=parse("1"),
        memory=parse("2Gi"),
        gpus=0,
        image=image,
        env_vars={},
        mounts=(),
        idle=IDLE,
        node_selector={},
        tolerations=(),
    )


def differences(asked: Options, running: Options) -> dict[str, tuple[str, str]]:
    """Return in what a running compute is another one than is asked: option → (what is, what was asked).

    What was not asked never differs, and neither does more of what one may have more of: other variables, other
    volumes, other tolerations.
    """
    found: dict[str, tuple[str, str]] = {}
    for each in fields(asked):
        wanted, has = getattr(asked, each.name), getattr(running, each.name)
        if wanted is None or _serves(has, wanted):
            continue
        if isinstance(wanted, Mapping):  # of many variables, those that matter
            keys = [key for key, text in wanted.items() if (has or {}).get(key) != text]
            has, wanted = ({key: of[key] for key in keys if key in of} for of in (has or {}, wanted))
        found[each.name] = (_shown(each.name, has), _shown(each.name, wanted))
    return found


def taken_over(asked: Options, before: Options, usual: Options) -> dict[str, str]:
    """Return what a compute that is started anew has from before: those options that nobody said, and are not usual."""
    names = [each.name for each in fields(asked) if each.name not in _NOT_TOLD and getattr(asked, each.name) is None]
    kept = {name: getattr(before, name) for name in names if getattr(before, name) != getattr(usual, name)}
    # Of variables the names alone: what is said while it starts stays in the notebook, and some are secrets.
    return {
        name: ", ".join(value) if name == "env_vars" else _shown(name, value)
        for name, value in kept.items()
        if value is not None
    }


def _serves(has: Any, wanted: Any) -> bool:
    if isinstance(wanted, Mapping):
        return wanted.items() <= (has or {}).items()
    if isinstance(wanted, tuple):
        return all(each in (has or ()) for each in wanted)
    if isinstance(wanted, RunAs):
        return has is not None and (has.user, has.group) == (wanted.user, wanted.group)
    return bool(has == wanted)


def _shown(name: str, value: Any) -> str:
    if name == "idle":
        return written(value) if value else "never"
    if not value:
        return "none"
    if isinstance(value, Quantity):
        return human.size(value) if name == "memory" else str(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={text}" for key, text in value.items())
    return ", ".join(map(_item, value)) if isinstance(value, tuple) else str(value)


def _item(value: Any) -> str:
    if isinstance(value, Mount):
        return f"{value.claim} at {value.path}{' (read-only)' if value.read_only else ''}"
    return str(value.get("key") or "every taint")
