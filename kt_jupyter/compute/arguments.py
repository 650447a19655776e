"""What somebody says about a compute, checked before any request.

Python and the magic come through here, so that what one refuses the other refuses, in the same words.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar

from kt_jupyter.errors import InvalidInput
from kt_jupyter.specs import resources
from kt_jupyter.specs.durations import seconds
from kt_jupyter.specs.images import image_name
from kt_jupyter.specs.names import object_name
from kt_jupyter.specs.options import NEVER, Options
from kt_jupyter.specs.running_as import run_as as read_run_as
from kt_jupyter.specs.variables import variables

T = TypeVar("T")

IMAGE: Final = f"python:{sys.version_info.major}.{sys.version_info.minor}-slim"
"""The image where none is named: of the kernel's own minor version, so that what is pickled here can be read there."""

FRAMEWORKS: Final = ("pytorch", "spmd")
"""How workers may be told of each other; both in torchrun's words."""

_OPERATORS: Final = ("Exists", "Equal")
_EFFECTS: Final = ("NoSchedule", "PreferNoSchedule", "NoExecute")


def read_options(
    *,
    cpus: object = None,
    memory: object = None,
    gpus: object = None,
    image: object = None,
    env_vars: object = None,
    idle: object = None,
    node_selector: object = None,
    tolerations: object = None,
    queue: object = None,
    run_as: object = None,
    working_dir: object = None,
    service_account: object = None,
    image_pull_secret: object = None,
    priority_class: object = None,
    workers: object = None,
) -> Options:
    """Check what was said; what was not stays open.

    Raises:
        InvalidInput: Something is not what Kubernetes accepts; the message has a valid spelling.
    """
    return Options(
        cpus=_if_said(cpus, resources.cpus),
        memory=_if_said(memory, resources.memory),
        gpus=_if_said(gpus, resources.gpus),
        image=_if_said(image, image_name),
        env_vars=_if_said(env_vars, variables),
        idle=_if_said(idle, _idle),
        node_selector=_if_said(node_selector, _node_selector),
        tolerations=_if_said(tolerations, _tolerations),
        queue=_if_said(queue, lambda name: object_name(name, "queue")),
        run_as=_if_said(run_as, read_run_as),
        working_dir=_if_said(working_dir, _working_dir),
        service_account=_if_said(service_account, lambda name: object_name(name, "service account")),
        image_pull_secret=_if_said(image_pull_secret, lambda name: object_name(name, "secret")),
        priority_class=_if_said(priority_class, lambda name: object_name(name, "priority class")),
        workers=_if_said(workers, resources.workers),
    )


def read_framework(framework: str | None, distribution_type: str | None) -> str:
    """Check how workers are to find each other, in either spelling.

    Raises:
        InvalidInput: It is none that is known here, or two.
    """
    said = {each for each in (framework, distribution_type) if each is not None}
    if len(said) > 1:
        raise InvalidInput(f"framework={framework!r} and distribution_type={distribution_type!r} say two things.")
    found = next(iter(said), FRAMEWORKS[-1])
    if found not in FRAMEWORKS:
        raise InvalidInput(
            f"framework={found!r} is not known here.",
            remedy='It is "pytorch", or "spmd" for whatever reads RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT.',
        )
    return found


def _if_said(value: object, read: Callable[[object], T]) -> T | None:
    return None if value is None else read(value)


def _idle(span: object) -> int:
    return NEVER if span == "never" else seconds(span, "time without use")


def _working_dir(path: object) -> str:
    if not isinstance(path, str) or not path.startswith("/"):
        raise InvalidInput(f"working_dir={path!r} is no absolute path.", remedy='For example: working_dir="/data"')
    return path


def _node_selector(labels: object) -> dict[str, str]:
    if not isinstance(labels, Mapping) or not all(isinstance(each, str) for pair in labels.items() for each in pair):
        raise InvalidInput(
            f"node_selector={labels!r} is no dict of labels and their values, both text.",
            remedy='For example: node_selector={"node.kubernetes.io/instance-type": "p4d.24xlarge"}',
        )
    return dict(labels)


def _tolerations(given: object) -> tuple[Mapping[str, Any], ...]:
    if isinstance(given, str | Mapping) or not isinstance(given, Iterable):
        given = [given]
    return tuple(map(_toleration, given))


def _toleration(given: object) -> Mapping[str, Any]:
    if isinstance(given, str):  # kubectl's spelling of a taint: key, key=value, key:effect
        key, _, effect = given.partition(":")
        key, equals, value = key.partition("=")
        given = {"key": key, "operator": "Equal" if equals else "Exists"}
        given |= {"value": value} if equals else {}
        given |= {"effect": effect} if effect else {}
    if not isinstance(given, Mapping) or not set(given) <= {"key", "operator", "value", "effect", "tolerationSeconds"}:
        raise InvalidInput(
            f"{given!r} is no toleration.",
            remedy='For example: tolerations=["team=ml:NoSchedule"], or as Kubernetes writes it: '
            'tolerations=[{"key": "team", "operator": "Equal", "value": "ml", "effect": "NoSchedule"}]',
        )
    for field, known in (("operator", _OPERATORS), ("effect", _EFFECTS)):
        if given.get(field) not in (None, *known):
            raise InvalidInput(
                f"a toleration's {field} is not {given[field]!r}.", remedy=f"It is one of {', '.join(known)}."
            )
    return dict(given)
