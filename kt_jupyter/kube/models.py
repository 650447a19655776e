"""The official client's model of a claim: the one typed object kt_jupyter hands out.

``Volume.create()`` promises a ``V1PersistentVolumeClaim``. The client's models changed with its release 37 (pydantic,
``from_dict``) from those of 36 and before (plain classes, decoded by ``ApiClient``); both are served.
"""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from kubernetes.client import V1PersistentVolumeClaim


def typed_claim(obj: dict[str, Any]) -> V1PersistentVolumeClaim:
    """Return a claim as the official client's model."""
    from kubernetes import client  # noqa: PLC0415 - 0.3 s, paid by who wants the model

    model = client.V1PersistentVolumeClaim
    if hasattr(model, "from_dict"):
        return cast("V1PersistentVolumeClaim", model.from_dict(obj))
    answer = SimpleNamespace(data=json.dumps(obj))  # what ApiClient.deserialize expects of a response
    decode: Any = client.ApiClient().deserialize  # another signature since 37
    return cast("V1PersistentVolumeClaim", decode(answer, "V1PersistentVolumeClaim"))
