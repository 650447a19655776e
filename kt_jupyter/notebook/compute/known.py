"""The computes that this kernel has used, so that its next cell finds the connection open.

Keyed by where and how they are called. Nothing in the cluster depends on it: what is missing here is found there.
"""

from __future__ import annotations

from kt_jupyter import kube
from kt_jupyter.compute import Compute

_Key = tuple[str, str, str]


class Known:
    """Remembers connections, not options: what a cell says about a compute counts for that cell."""

    def __init__(self) -> None:
        self._computes: dict[_Key, Compute] = {}

    def of(self, described: Compute) -> Compute:
        """Return a compute as it is described now, with the connection of before, if there is one."""
        key = _key(described)
        before = self._computes.get(key)
        if before is not None:
            described.take_over(before)
        self._computes[key] = described
        return described

    def forget(self) -> None:
        """Leave them all; what runs there goes on."""
        for compute in self._computes.values():
            compute.close()
        self._computes.clear()


def _key(compute: Compute) -> _Key:
    return repr(kube.current()), compute.namespace, compute.name


known = Known()
"""Those of this kernel."""
