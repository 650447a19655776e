"""Namespaces, config maps, secrets, service accounts.

Source: ``pkg/apis/core/v1/defaults.go``, ``pkg/apis/core/validation`` and ``pkg/registry/core`` (1.34).
"""

from __future__ import annotations

import base64
from typing import Any, Final

from kt_jupyter.local import go_json
from kt_jupyter.local.fields import Problem, forbidden, invalid, required, too_long
from kt_jupyter.local.objects import Object
from kt_jupyter.local.rules import Change
from kt_jupyter.local.strategies import names, values
from kt_jupyter.local.strategies.base import Strategy

_NAME_LABEL: Final = "kubernetes.io/metadata.name"
_LEVEL: Final = "pod-security.kubernetes.io/"
_LEVELS: Final = ("privileged", "baseline", "restricted")
_LARGEST: Final = 1024 * 1024
_ACCOUNT: Final = "kubernetes.io/service-account.name"
_KEYS: Final[dict[str, tuple[str, ...]]] = {
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
}


class Namespaces(Strategy):
    """The rules of namespaces."""

    name_check = staticmethod(names.label)

    def default(self, change: Change) -> None:
        """A namespace has its name as a label, whoever took it away."""
        meta = change.obj["metadata"]
        if meta.get("name"):
            meta["labels"] = {**(meta.get("labels") or {}), _NAME_LABEL: meta["name"]}
        change.obj.setdefault("spec", {})

    def prepare(self, change: Change) -> None:
        """Finalizers and phase are the server's."""
        obj, old = change.obj, change.old
        if old is None:
            finalizers = obj["spec"].get("finalizers") or []
            obj["spec"] = {"finalizers": [*finalizers, *(["kubernetes"] if "kubernetes" not in finalizers else [])]}
            obj["status"] = {"phase": "Active"}
        elif change.subresource == "finalize":
            obj["status"] = old.get("status") or {}
        else:
            obj["spec"] = old.get("spec") or {}

    def wrong(self, change: Change) -> list[Problem]:
        """Check the Pod Security labels, which admission would stumble over later."""
        found = []
        labels = change.obj["metadata"].get("labels") or {}
        for mode in ("enforce", "audit", "warn"):
            level, version = labels.get(_LEVEL + mode), labels.get(f"{_LEVEL}{mode}-version")
            if level is not None and level not in _LEVELS:
                why = f"must be one of {', '.join(_LEVELS)}"
                found.append(invalid(f"metadata.labels[{_LEVEL}{mode}]", level, why))
            if version is not None and not _is_version(version):
                why = 'must be "latest" or "v1.x"'
                found.append(invalid(f"metadata.labels[{_LEVEL}{mode}-version]", version, why))
        return found


def _is_version(text: str) -> bool:
    return text == "latest" or (text.startswith("v1.") and text[3:].isdecimal() and not text.startswith("v1.0"))


class ConfigMaps(Strategy):
    """The rules of config maps."""

    def wrong(self, change: Change) -> list[Problem]:
        """Return what is wrong with the map itself."""
        data, binary = change.obj.get("data") or {}, change.obj.get("binaryData") or {}
        found = []
        for key in sorted(data):
            found += names.wrong(f"data[{key}]", key, names.config_key)
            if key in binary:
                found.append(invalid(f"data[{key}]", key, "duplicate of key present in binaryData"))
        for key in sorted(binary):
            found += names.wrong(f"binaryData[{key}]", key, names.config_key)
        size = sum(len(text.encode()) for text in data.values()) + sum(map(_bytes, binary.values()))
        return found + ([too_long("[]", _LARGEST)] if size > _LARGEST else [])

    def changed(self, change: Change, old: Object) -> list[Problem]:
        """Return what an immutable map keeps."""
        return _frozen(change.obj, old, ("data", "binaryData"))


class Secrets(Strategy):
    """The rules of secrets."""

    def default(self, change: Change) -> None:
        """Plain text becomes data."""
        change.obj.setdefault("type", "Opaque")
        for key, text in (change.obj.pop("stringData", None) or {}).items():
            change.obj.setdefault("data", {})[key] = base64.b64encode(text.encode()).decode()
        if change.obj.get("data") == {}:
            del change.obj["data"]

    def wrong(self, change: Change) -> list[Problem]:
        """Return what is wrong with the secret itself."""
        obj = change.obj
        data = obj.get("data") or {}
        found = []
        for key in sorted(data):
            found += names.wrong(f"data[{key}]", key, names.config_key)
        found += [required(f"data[{key}]") for key in _KEYS.get(obj["type"], ()) if key not in data]
        if obj["type"] == "kubernetes.io/dockerconfigjson" and ".dockerconfigjson" in data:
            found += _docker_config(data[".dockerconfigjson"])
        if obj["type"] == "kubernetes.io/service-account-token":
            annotations = obj["metadata"].get("annotations") or {}
            if not annotations.get(_ACCOUNT):
                found.append(required(f"metadata.annotations[{_ACCOUNT}]"))
        return found

    def changed(self, change: Change, old: Object) -> list[Problem]:
        """Return what a secret keeps."""
        return values.unchanged("type", change.obj["type"], old["type"]) + _frozen(change.obj, old, ("data",))


def _bytes(text: str) -> int:
    return len(base64.b64decode(text))


def _frozen(obj: Object, old: Object, keys: tuple[str, ...]) -> list[Problem]:
    if not old.get("immutable"):
        return []
    why = "field is immutable when `immutable` is set"
    changed: list[Any] = [] if obj.get("immutable") else ["immutable"]
    changed += [key for key in keys if (obj.get(key) or {}) != (old.get(key) or {})]
    return [forbidden(key, why) for key in changed]


def _docker_config(text: str) -> list[Problem]:
    try:
        go_json.loads(base64.b64decode(text))
    except go_json.NoJsonError as problem:
        return [invalid("data[.dockerconfigjson]", "<secret contents redacted>", str(problem))]
    return []
