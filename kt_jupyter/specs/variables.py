"""Environment variables of a container, checked before any request."""

from __future__ import annotations

import re
from collections.abc import Mapping

from kt_jupyter.errors import InvalidInput

# Kubernetes before 1.34 takes no others, and a shell takes fewer.
_NAME = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*", re.ASCII)


def variables(given: object) -> dict[str, str]:
    """Check environment variables; numbers become text, as a shell would write them.

    >>> variables({"HF_HOME": "/cache/huggingface", "WORKERS": 4})
    {'HF_HOME': '/cache/huggingface', 'WORKERS': '4'}

    Raises:
        InvalidInput: A name or a value is not what a container's environment can hold.
    """
    if not isinstance(given, Mapping):
        raise InvalidInput(
            f"env_vars is a dict of names and values, not {given!r}.", remedy='env_vars={"NAME": "value"}'
        )
    return {_name(name): _value(name, value) for name, value in given.items()}


def _name(name: object) -> str:
    if isinstance(name, str) and _NAME.fullmatch(name):
        return name
    near = re.sub(r"[^A-Za-z0-9_]", "_", str(name)).lstrip("0123456789") or "NAME"
    raise InvalidInput(
        f"{name!r} is not the name of an environment variable: letters, digits and _ make one, and no digit begins it.",
        remedy=f"Did you mean {near}?",
    )


def _value(name: object, value: object) -> str:
    if isinstance(value, bool) or value is None or not isinstance(value, str | int | float):
        raise InvalidInput(
            f"environment variable {name} is {value!r}, and the environment holds text only.",
            remedy=f'Write it as the program reads it, such as env_vars={{"{name}": "1"}}.',
        )
    text = str(value)
    if "\0" in text:
        raise InvalidInput(f"environment variable {name} has a NUL character in it, which the environment cannot hold.")
    return text
