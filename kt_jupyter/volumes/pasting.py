"""Python to paste: the calls that remedies offer, written so that they work as they stand."""

from __future__ import annotations

import json


def python_arguments(name: str, **options: str | None) -> str:
    """Write a call's arguments: the name, then the options that have a value.

    >>> python_arguments("data", size="10Gi", namespace=None)
    '"data", size="10Gi"'
    """
    # A JSON string is a Python string too, in the double quotes of the documentation.
    written = {key: json.dumps(value, ensure_ascii=False) for key, value in options.items() if value is not None}
    return ", ".join([json.dumps(name), *(f"{key}={value}" for key, value in written.items())])
