"""Make ``types.json`` from Kubernetes' own sources.

``python -m kt_jupyter.local.schema.generate "$(go env GOMODCACHE)/k8s.io"``

The ``generated.proto`` files beside Kubernetes' Go types say most of what the server must know of a kind: the fields'
names and types, their protobuf numbers, and in comments how lists merge. What server-side apply goes by besides (what
is owned as a whole, which structs are always there, a key's default) stands in client-go's apply configurations.
Run this again to follow a new release. Only names, numbers and merge markers are taken over; no text.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any, Final

from kt_jupyter.local.schema import apply_marks

_API_PACKAGES: Final = (
    "authentication/v1",
    "authorization/v1",
    "batch/v1",
    "coordination/v1",
    "core/v1",
    "events/v1",
    "policy/v1",
    "rbac/v1",
    "scheduling/v1",
    "storage/v1",
)
_SCALARS: Final = {"string", "int32", "int64", "bool", "bytes", "double"}
# Types with a JSON form of their own; the names are this package's.
_SPECIAL: Final = {
    "api.resource.Quantity": "quantity",
    "apis.meta.v1.Time": "time",
    "apis.meta.v1.MicroTime": "microtime",
    "apis.meta.v1.FieldsV1": "raw",
    "runtime.RawExtension": "raw",
    "util.intstr.IntOrString": "intorstring",
}
_FIELD: Final = re.compile(
    r"(?:(?P<label>optional|repeated|required) )?(?P<type>map<string, (?P<value>[\w.]+)>|[\w.]+) "
    r"(?P<name>\w+) = (?P<number>\d+);"
)
_MARKER: Final = re.compile(r"//\s*\+(patchMergeKey|patchStrategy|listType|listMapKey)=(.+)")
# Go embeds these, so that their fields stand in the object that holds them.
_INLINE: Final = {
    "volumeSource",
    "persistentVolumeSource",
    "localObjectReference",
    "handler",
    "ephemeralContainerCommon",
}


def main(root: Path) -> None:
    """Write ``types.json`` beside this file."""
    types: dict[str, dict[str, list[Any]]] = {}
    for package in _API_PACKAGES:
        types.update(_messages(_newest(root, "api") / package / "generated.proto", package.replace("/", ".")))
    meta = _newest(root, "apimachinery") / "pkg/apis/meta/v1/generated.proto"
    types.update(_messages(meta, "meta.v1"))
    kinds = {
        (f"{_group(package)}/v1" if _group(package) else "v1") + "/" + name.rpartition(".")[2]: name
        for package in _API_PACKAGES
        for name in types
        if name.startswith(package.replace("/", ".") + ".") and "metadata" in types[name] and "items" not in types[name]
    }
    kinds["v1/DeleteOptions"] = "meta.v1.DeleteOptions"
    whole = apply_marks.add(types, _newest(root, "client-go") / "applyconfigurations/internal/internal.go")
    used = _closure(types, set(kinds.values()))
    lines = [f"{json.dumps(name)}:{json.dumps(types[name], separators=(',', ':'))}" for name in sorted(used)]
    head = {"kinds": kinds, "whole": sorted(whole & used)}
    text = json.dumps(head, separators=(",", ":"))[:-1] + ',\n"types":{\n' + ",\n".join(lines) + "\n}}\n"
    Path(__file__).with_name("types.json").write_text(text)


def _newest(root: Path, module: str) -> Path:
    return max(root.glob(f"{module}@v*"), key=lambda path: [int(n) for n in re.findall(r"\d+", path.name)])


def _group(package: str) -> str:
    name = package.partition("/")[0]
    if name == "core":
        return ""
    if name in ("batch", "policy"):
        return name
    prefix = "rbac.authorization" if name == "rbac" else name
    return f"{prefix}.k8s.io"


def _messages(path: Path, package: str) -> dict[str, dict[str, list[Any]]]:
    found: dict[str, dict[str, list[Any]]] = {}
    current: dict[str, list[Any]] | None = None
    markers: dict[str, Any] = {}
    for line in path.read_text().splitlines():
        text = line.strip()
        if match := re.match(r"message (\w+) \{", text):
            current, markers = found.setdefault(f"{package}.{match[1]}", {}), {}
        elif match := _MARKER.match(text):
            _mark(markers, match[1], match[2].strip())
        elif current is not None and (match := _FIELD.match(text)):
            current[match["name"]] = _entry(match, package, markers)
            markers = {}
    return found


def _mark(markers: dict[str, Any], name: str, value: str) -> None:
    if name == "listMapKey":
        markers.setdefault("keys", []).append(value)
    else:
        markers[{"patchMergeKey": "merge", "patchStrategy": "strategy", "listType": "list"}[name]] = value


def _entry(match: re.Match[str], package: str, markers: dict[str, Any]) -> list[Any]:
    if match["value"]:
        shape, raw = "{}", match["value"]
    else:
        shape, raw = ("[]" if match["label"] == "repeated" else ""), match["type"]
    if match["name"] in _INLINE:
        shape = "."
    entry: list[Any] = [int(match["number"]), shape, _type(raw, package)]
    return [*entry, dict(markers)] if markers else entry


def _type(raw: str, package: str) -> str:
    if raw in _SCALARS:
        return raw
    for ending, name in _SPECIAL.items():
        if raw.endswith(ending) or (package == "meta.v1" and ending == f"apis.meta.v1.{raw}"):
            return name
    if raw.endswith((".ExtraValue", ".Verbs")) or raw in ("ExtraValue", "Verbs"):
        return "strings"
    if raw.startswith(".k8s.io.apimachinery.pkg.apis.meta.v1."):
        return f"meta.v1.{raw.rpartition('.')[2]}"
    if raw.startswith(".k8s.io.api."):
        return raw.removeprefix(".k8s.io.api.")
    return f"{package}.{raw}"


def _closure(types: dict[str, dict[str, list[Any]]], start: set[str]) -> set[str]:
    seen, open_ = set(), list(start)
    while open_:
        name = open_.pop()
        if name in seen or name not in types:
            continue
        seen.add(name)
        open_ += [entry[2] for entry in types[name].values()]
    return seen


if __name__ == "__main__":
    main(Path(sys.argv[1]))
