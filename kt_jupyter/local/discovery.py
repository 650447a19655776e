"""What this server offers, for clients that ask first: ``/api``, ``/apis``, ``/version``, health."""

from __future__ import annotations

import platform
from typing import Any, Final

from kt_jupyter import __version__
from kt_jupyter.local.resources import RESOURCES, ResourceType

Json = dict[str, Any]
_MINOR: Final = "34"
_HEALTH: Final = frozenset(("/healthz", "/livez", "/readyz"))


def document(path: str, host: str) -> Json | None:
    """Return the discovery document at a path, None when there is none."""
    match [part for part in path.split("/") if part]:
        case ["version"]:
            found = version()
        case ["api"]:
            address = {"clientCIDR": "0.0.0.0/0", "serverAddress": host}
            found = {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": [address]}
        case ["apis"]:
            found = {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group(group) for group in groups()]}
        case ["api", "v1"]:
            found = _resources("", "v1")
        case ["apis", group] if group in groups():
            found = {"kind": "APIGroup", "apiVersion": "v1", **_group(group)}
        case ["apis", group, "v1"] if group in groups():
            found = _resources(group, "v1")
        case _:
            return None
    return found


def is_health(path: str) -> bool:
    """Return whether a path asks for nothing but a sign of life."""
    return path in _HEALTH


def is_below_a_group(path: str) -> bool:
    """Return whether a path begins as those of a group that is served do, whatever follows."""
    match [part for part in path.split("/") if part]:
        case ["api", *_]:
            return True
        case ["apis", group, *_]:
            return group in groups()
    return False


def version() -> Json:
    """Return what ``kubectl version`` shows."""
    return {
        "major": "1",
        "minor": _MINOR,
        "emulationMajor": "1",
        "emulationMinor": _MINOR,
        "minCompatibilityMajor": "1",
        "minCompatibilityMinor": "33",
        "gitVersion": f"v1.{_MINOR}.0+kt-local",
        "gitCommit": f"kt_jupyter {__version__}",
        "gitTreeState": "clean",
        "buildDate": "2026-01-01T00:00:00Z",
        "goVersion": f"python{platform.python_version()}",
        "compiler": platform.python_implementation(),
        "platform": f"{platform.system().lower()}/{platform.machine()}",
    }


def groups() -> list[str]:
    """Return the named groups, in the order in which the real server lists them by name."""
    return sorted({resource.group for resource in RESOURCES if resource.group})


def _group(name: str) -> Json:
    version = {"groupVersion": f"{name}/v1", "version": "v1"}
    return {"name": name, "versions": [version], "preferredVersion": version}


def _resources(group: str, version: str) -> Json:
    entries: list[Json] = []
    for resource in RESOURCES:
        if (resource.group, resource.version) == (group, version):
            entries += _entries(resource)
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": f"{group}/{version}" if group else version,
        "resources": entries,
    }


def _entries(resource: ResourceType) -> list[Json]:
    main: Json = {
        "name": resource.plural,
        "singularName": resource.singular,
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": sorted(resource.verbs),
    }
    if resource.short_names:
        main["shortNames"] = list(resource.short_names)
    if resource.categories:
        main["categories"] = list(resource.categories)
    entries = [main]
    for sub in resource.subresources:
        entry: Json = {"name": f"{resource.plural}/{sub.name}", "singularName": "", "namespaced": resource.namespaced}
        if sub.group:
            entry |= {"group": sub.group, "version": sub.version}
        entries.append({**entry, "kind": sub.kind or resource.kind, "verbs": sorted(sub.verbs)})
    return entries
