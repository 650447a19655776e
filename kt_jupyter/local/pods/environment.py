"""The environment of a container: ``env``, ``envFrom``, ``$(VAR)`` references and fields of the pod.

Pure but for two lookups (config maps, secrets) that the caller supplies.
Source: ``pkg/kubelet/kubelet_pods.go`` makeEnvironmentVariables and ``third_party/forked/golang/expansion`` (1.34).
"""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from kt_jupyter.local.objects import Object, dig, name_of, namespace_of
from kt_jupyter.specs import quantity

# Returns the object of that kind ("ConfigMap", "Secret") and name in the pod's namespace, or None.
Lookup = Callable[[str, str], Object | None]

_REFERENCE: Final = re.compile(r"\$(?:\$|\(([^()]*)\))")
_MAP_KEY: Final = re.compile(r"metadata\.(labels|annotations)\['(.+)'\]")


class ConfigProblem(Exception):  # noqa: N818  (it becomes the waiting state CreateContainerConfigError)
    """Something the container's configuration refers to does not exist."""


def expand(text: str, values: Mapping[str, str]) -> str:
    """Replace ``$(NAME)`` by its value; unknown names stay as they are, ``$$`` is a dollar sign.

    Example:
        >>> expand("$(A) $$(A) $(B)", {"A": "1"})
        '1 $(A) $(B)'
    """

    def replace(match: re.Match[str]) -> str:
        name = match.group(1)
        if name is None:
            return "$"
        return values.get(name, match.group(0))

    return _REFERENCE.sub(replace, text)


def container_environment(
    pod: Object, container: Object, lookup: Lookup, capacity: Mapping[str, str]
) -> dict[str, str]:
    """Return the container's own variables, in order.

    Args:
        pod: the pod, with its status (for ``status.podIP``).
        container: one of its containers.
        lookup: where config maps and secrets come from.
        capacity: the node's ``cpu`` and ``memory``, which stand for limits that are not set.

    Raises:
        ConfigProblem: a config map, secret or key is missing and not optional.
    """
    values: dict[str, str] = {}
    for source in container.get("envFrom") or []:
        values.update(_whole(source, lookup))
    for variable in container.get("env") or []:
        name, source = variable["name"], variable.get("valueFrom")
        if source is None:
            values[name] = expand(str(variable.get("value") or ""), values)
            continue
        value = _referenced(pod, container, source, lookup, capacity)
        if value is not None:
            values[name] = value
    return values


def pod_field(pod: Object, path: str) -> str:
    """Return a field of the pod as the downward API writes it; empty when it has none."""
    keyed = _MAP_KEY.fullmatch(path)
    if keyed:
        return str((dig(pod, "metadata", keyed.group(1)) or {}).get(keyed.group(2), ""))
    if path in ("metadata.labels", "metadata.annotations"):
        entries = dig(pod, *path.split(".")) or {}
        return "\n".join(f'{key}="{_escaped(value)}"' for key, value in sorted(entries.items()))
    if path in ("status.podIPs", "status.hostIPs"):
        return ",".join(entry["ip"] for entry in dig(pod, *path.split(".")) or [])
    return str(dig(pod, *path.split(".")) or "")


def resource_field(container: Object, resource: str, divisor: str, capacity: Mapping[str, str]) -> str:
    """Return a limit or request, divided and rounded up, as the downward API writes it."""
    kind, _, name = resource.partition(".")
    resources = container.get("resources") or {}
    text = (resources.get(kind) or {}).get(name)
    if text is None and kind == "requests":
        text = (resources.get("limits") or {}).get(name, "0")
    if text is None:
        text = capacity.get(name, "0")
    amount, unit = quantity.parse(text), quantity.parse(divisor if divisor not in ("", "0") else "1")
    return str(math.ceil(amount.value / unit.value))


def decode_data(source: Object) -> dict[str, bytes]:
    """Return the entries of a ConfigMap or Secret as bytes."""
    encoded = {} if source.get("kind") == "ConfigMap" else source.get("data") or {}
    plain = source.get("data") or {} if source.get("kind") == "ConfigMap" else source.get("stringData") or {}
    entries = {key: str(value).encode() for key, value in plain.items()}
    entries.update({key: base64.b64decode(value) for key, value in encoded.items()})
    entries.update({key: base64.b64decode(value) for key, value in (source.get("binaryData") or {}).items()})
    return entries


def _whole(source: Object, lookup: Lookup) -> dict[str, str]:
    for field, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
        reference = source.get(field)
        if reference is None:
            continue
        found = lookup(kind, reference["name"])
        if found is None:
            if reference.get("optional"):
                return {}
            raise ConfigProblem(f'{kind.lower()} "{reference["name"]}" not found')
        prefix = source.get("prefix") or ""
        return {prefix + key: value.decode(errors="replace") for key, value in decode_data(found).items()}
    return {}


def _referenced(
    pod: Object, container: Object, source: dict[str, Any], lookup: Lookup, capacity: Mapping[str, str]
) -> str | None:
    if "fieldRef" in source:
        return pod_field(pod, source["fieldRef"]["fieldPath"])
    if "resourceFieldRef" in source:
        reference = source["resourceFieldRef"]
        return resource_field(container, reference["resource"], str(reference.get("divisor") or ""), capacity)
    for field, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
        if field in source:
            return _key(pod, kind, source[field], lookup)
    return ""


def _key(pod: Object, kind: str, reference: dict[str, Any], lookup: Lookup) -> str | None:
    name, key = reference["name"], reference["key"]
    found = lookup(kind, name)
    if found is None:
        if reference.get("optional"):
            return None
        raise ConfigProblem(f'{kind.lower()} "{name}" not found')
    entries = decode_data(found)
    if key not in entries:
        if reference.get("optional"):
            return None
        raise ConfigProblem(f"couldn't find key {key} in {kind} {namespace_of(pod)}/{name}")
    return entries[key].decode(errors="replace")


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def hostname(pod: Object) -> str:
    """Return the name the pod's containers know themselves by."""
    return str(dig(pod, "spec", "hostname") or name_of(pod))[:63]
