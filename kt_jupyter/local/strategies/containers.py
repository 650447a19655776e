"""Containers of a pod: names, images, resources, ports, environment."""

from __future__ import annotations

from typing import Final

from kt_jupyter.local.fields import Problem, duplicate, invalid, not_supported, required
from kt_jupyter.local.objects import Object
from kt_jupyter.local.strategies import names, values
from kt_jupyter.local.strategies.pod_volumes import mounts

_PULLS: Final = ("Always", "IfNotPresent", "Never")
_PROTOCOLS: Final = ("SCTP", "TCP", "UDP")
_MESSAGES: Final = ("File", "FallbackToLogsOnError")
_RESOURCES: Final = ("cpu", "memory", "ephemeral-storage")
_PORTS: Final = 65535
_FIELDS: Final = frozenset(
    (
        "metadata.name", "metadata.namespace", "metadata.uid", "metadata.labels", "metadata.annotations",
        "spec.nodeName", "spec.serviceAccountName", "spec.restartPolicy", "status.hostIP", "status.hostIPs",
        "status.podIP", "status.podIPs", "status.phase",
    )
)  # fmt: skip


def containers(field: str, spec: Object, sources: dict[str, str]) -> list[Problem]:
    """Check all containers of a pod."""
    found = []
    main = spec.get("containers") or []
    if not main:
        return [required(f"{field}.containers")]
    seen: set[str] = set()
    for key in ("containers", "initContainers"):
        for place, container in enumerate(spec.get(key) or ()):
            here, name = f"{field}.{key}[{place}]", container.get("name") or ""
            found += _container(here, container, spec, sources)
            if name and name in seen:
                found.append(duplicate(f"{here}.name", name))
            seen.add(name)
    return found


def _container(field: str, container: Object, spec: Object, sources: dict[str, str]) -> list[Problem]:
    name, image = container.get("name") or "", container.get("image") or ""
    found = names.wrong(f"{field}.name", name, names.label) if name else [required(f"{field}.name")]
    if not image:
        found.append(required(f"{field}.image"))
    elif image != image.strip():
        found.append(invalid(f"{field}.image", image, "must not have leading or trailing whitespace"))
    found += values.one_of(f"{field}.terminationMessagePolicy", container["terminationMessagePolicy"], _MESSAGES)
    found += _ports(f"{field}.ports", container.get("ports") or [])
    found += _environment(f"{field}.env", container.get("env") or [])
    found += mounts(field, container, sources)
    found += values.one_of(f"{field}.imagePullPolicy", container["imagePullPolicy"], _PULLS)
    found += _amounts(f"{field}.resources", container["resources"])
    context = container.get("securityContext") or {}
    if context.get("procMount") == "Unmasked" and spec.get("hostUsers") is not False:
        why = "`hostUsers` must be false to use `Unmasked`"
        found.append(invalid(f"{field}.securityContext.procMount", "Unmasked", why))
    return found + _security(f"{field}.securityContext", context)


def _ports(field: str, ports: list[Object]) -> list[Problem]:
    found = []
    for place, port in enumerate(ports):
        here, number = f"{field}[{place}]", port.get("containerPort") or 0
        if port.get("name"):
            found += names.wrong(f"{here}.name", port["name"], names.port_name)
        if number == 0:
            found.append(required(f"{here}.containerPort"))
        elif not 0 < number <= _PORTS:
            found.append(invalid(f"{here}.containerPort", number, f"must be between 1 and {_PORTS}, inclusive"))
        if port["protocol"] not in _PROTOCOLS:
            found.append(not_supported(f"{here}.protocol", port["protocol"], list(_PROTOCOLS)))
    return found


def _environment(field: str, variables: list[Object]) -> list[Problem]:
    found = []
    for place, variable in enumerate(variables):
        here, name = f"{field}[{place}]", variable.get("name") or ""
        if not name:
            found.append(required(f"{here}.name"))
        elif not (name.isascii() and name.isprintable() and "=" not in name):
            why = "a valid environment variable name must consist only of printable ASCII characters other than '='"
            found.append(invalid(f"{here}.name", name, why))
        source = variable.get("valueFrom")
        if source is None:
            continue
        if variable.get("value"):
            found.append(invalid(f"{here}.valueFrom", "", "may not be specified when `value` is not empty"))
        path = (source.get("fieldRef") or {}).get("fieldPath")
        if (
            path is not None
            and path not in _FIELDS
            and not path.startswith(("metadata.labels['", "metadata.annotations['"))
        ):
            why = f"error converting fieldPath: field label not supported: {path}"
            found.append(invalid(f"{here}.valueFrom.fieldRef.fieldPath", path, why))
    return found


def _amounts(field: str, resources: Object) -> list[Problem]:
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    found = []
    for key, given in (("limits", limits), ("requests", requests)):
        for name, amount in given.items():
            found += _amount(f"{field}.{key}[{name}]", name, amount)
    for name, amount in requests.items():
        if name in limits and values.amount(amount) > values.amount(limits[name]):
            why = f"must be less than or equal to {name} limit of {limits[name]}"
            found.append(invalid(f"{field}.requests", amount, why))
        elif name not in limits and not _standard(name) and "/" in name:
            found.append(required(f"{field}.limits", "Limit must be set for non overcommitable resources"))
    return found


def _amount(field: str, name: str, amount: str) -> list[Problem]:
    value = values.amount(amount).value
    found = names.wrong(field, name, names.qualified)
    if not _standard(name) and "/" not in name:
        found.append(invalid(field, name, "must be a standard resource type or fully qualified"))
        found.append(invalid(field, name, "must be a standard resource for containers"))
    if value < 0:
        found.append(invalid(field, amount, "must be greater than or equal to 0"))
    if "/" in name and value.denominator != 1:
        found.append(invalid(field, amount, "must be an integer"))
    return found


def _standard(name: str) -> bool:
    return name in _RESOURCES or name.startswith("hugepages-")


def _security(field: str, context: Object) -> list[Problem]:
    if context.get("privileged") and context.get("allowPrivilegeEscalation") is False:
        shown = {"Privileged": True, "AllowPrivilegeEscalation": False}
        why = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"
        return [invalid(field, shown, why)]
    return []
