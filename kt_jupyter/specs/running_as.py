"""Whom a pod runs as when somebody says it: a user's number, with or without a group's.

Names are not taken: a pod knows no user by name until its image is there.
"""

from __future__ import annotations

import re

from kt_jupyter.errors import InvalidInput
from kt_jupyter.specs.pod import RunAs

_NUMBERS = re.compile(r"(\d+)(?::(\d+))?", re.ASCII)
_HIGHEST = 2**31 - 1  # Kubernetes' own limit


def run_as(value: object) -> RunAs:
    """Read ``1001``, ``"1001"`` or ``"1001:100"``; a group that is not said is the user's number.

    >>> str(run_as("1001:100"))
    '1001:100'

    Returns:
        Whom, without a group for the volumes: data that has an owner is not given to anybody else.

    Raises:
        InvalidInput: It is not a user's number.
    """
    found = None if isinstance(value, bool) else _NUMBERS.fullmatch(str(value).strip())
    user, group = (int(found[1]), int(found[2] or found[1])) if found else (-1, -1)
    if not 0 <= user <= _HIGHEST or not 0 <= group <= _HIGHEST:
        raise InvalidInput(
            f"{value!r} is not whom a pod can run as: it takes a user's number, and a group's if it differs.",
            remedy='For example: run_as=1001, or run_as="1001:100". The shell shows whose the data is: ls -ln',
        )
    return RunAs(user, group, None)
