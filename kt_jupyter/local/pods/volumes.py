"""A pod's volumes, made as files and directories of this machine.

Claims are the directories their PersistentVolume names; ``emptyDir``, config maps, secrets and the downward API are
written below the pod's own directory and go with it. Kinds that need a driver or a network (``nfs``, ``csi`` …) are
refused with the event a kubelet without that driver would give.

Source: ``pkg/kubelet/volumemanager/populator`` and ``pkg/volume`` (1.34) for what is said when something is missing.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kt_jupyter.local.objects import Object, dig, name_of, namespace_of
from kt_jupyter.local.pods.environment import Lookup, decode_data, pod_field, resource_field
from kt_jupyter.local.pods.process import Mount

if TYPE_CHECKING:
    from kt_jupyter.local.registry import Registry

_DEFAULT_MODE: Final = 0o644
_SHARED_MEMORY: Final = Path("/dev/shm")  # noqa: S108  (where Linux keeps files in memory)


class MountProblem(Exception):  # noqa: N818  (it becomes the event FailedMount, and the pod waits)
    """A volume cannot be mounted yet."""


class PodVolumes:
    """The volumes of one pod: ``sources`` maps each volume's name to where it lies on this machine."""

    def __init__(self, registry: Registry, pod: Object, directory: Path) -> None:
        self._registry = registry
        self._pod = pod
        self._directory = directory
        self.sources: dict[str, Path] = {}
        self._read_only: set[str] = set()

    def prepare(self) -> None:
        """Make every volume of the pod; those already made stay as they are.

        Raises:
            MountProblem: the first that cannot be made.
        """
        for volume in dig(self._pod, "spec", "volumes") or []:
            name = volume["name"]
            if name not in self.sources:
                self.sources[name] = self._make(name, volume)

    def mounts(self, container: Object) -> list[Mount]:
        """Return what a container mounts, its sub-paths made where they don't exist."""
        return [
            Mount(
                source=str(self._source(mount)),
                target=absolute(mount["mountPath"]),
                read_only=bool(mount.get("readOnly")) or mount["name"] in self._read_only,
            )
            for mount in container.get("volumeMounts") or []
            if mount["name"] in self.sources
        ]

    def remove(self) -> None:
        """Remove what was made for the pod; claims stay."""
        for path in self.sources.values():
            if path.parent == _SHARED_MEMORY:
                shutil.rmtree(path, ignore_errors=True)
        shutil.rmtree(self._directory, ignore_errors=True)

    def _source(self, mount: Object) -> Path:
        root: Path = self.sources[mount["name"]]
        sub = mount.get("subPath")
        if not sub:
            return root
        path = (root / str(sub)).resolve()
        if not path.is_relative_to(root.resolve()):
            raise MountProblem(f'subPath "{sub}" of volume "{mount["name"]}" leads out of the volume')
        if not path.exists():
            path.mkdir(parents=True)
        return path

    def _make(self, name: str, volume: Object) -> Path:
        if "persistentVolumeClaim" in volume:
            source = volume["persistentVolumeClaim"]
            if source.get("readOnly"):
                self._read_only.add(name)
            return self._claim(name, source["claimName"])
        if "ephemeral" in volume:
            return self._claim(name, f"{name_of(self._pod)}-{name}")
        if "emptyDir" in volume:
            return self._empty(name, (volume["emptyDir"] or {}).get("medium") == "Memory")
        if "hostPath" in volume:
            return _host_path(name, volume["hostPath"])
        for kind in ("configMap", "secret", "downwardAPI", "projected"):
            if kind in volume:
                return self._files(name, kind, volume[kind])
        kind = next((key for key in volume if key != "name"), "unknown")
        raise MountProblem(
            f'MountVolume.SetUp failed for volume "{name}" : the local cluster cannot mount volumes of kind {kind}'
        )

    def _claim(self, volume: str, claim_name: str) -> Path:
        namespace = namespace_of(self._pod)
        claim = self._registry.find("persistentvolumeclaims", namespace, claim_name)
        problem = ""
        if claim is None:
            problem = f'failed to fetch PVC from API server: persistentvolumeclaims "{claim_name}" not found'
        elif "deletionTimestamp" in claim["metadata"]:
            problem = "PVC is being deleted"
        elif dig(claim, "status", "phase") != "Bound":
            problem = "PVC is not bound"
        if problem or claim is None:
            raise MountProblem(
                f"Unable to attach or mount volumes: unmounted volumes=[{volume}], unattached volumes=[], "
                f"failed to process volumes=[{volume}]: error processing PVC {namespace}/{claim_name}: {problem}"
            )
        persistent = self._registry.find("persistentvolumes", None, claim["spec"]["volumeName"]) or {}
        path = dig(persistent, "spec", "hostPath", "path") or dig(persistent, "spec", "local", "path")
        if not path:
            raise MountProblem(
                f'MountVolume.SetUp failed for volume "{claim["spec"]["volumeName"]}" : '
                "the local cluster mounts only directories of this machine"
            )
        if dig(persistent, "spec", "hostPath", "type") == "DirectoryOrCreate":
            Path(path).mkdir(parents=True, exist_ok=True)
        return Path(path)

    def _empty(self, name: str, in_memory: bool) -> Path:  # noqa: FBT001  (a fact about the volume, not a switch)
        if in_memory and os.access(_SHARED_MEMORY, os.W_OK):
            path = _SHARED_MEMORY / f"kt-local-{dig(self._pod, 'metadata', 'uid')}-{name}"
        else:
            path = self._directory / "volumes" / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    def _files(self, name: str, kind: str, source: Object) -> Path:
        path = self._directory / "volumes" / name
        path.mkdir(parents=True, exist_ok=True)
        mode = int(source.get("defaultMode") or _DEFAULT_MODE)
        parts = source.get("sources") or [] if kind == "projected" else [{kind: source}]
        for part in parts:
            for file, content, own_mode in self._entries(name, part):
                target = path / file
                target.parent.mkdir(parents=True, exist_ok=True)
                target.unlink(missing_ok=True)
                target.write_bytes(content)
                target.chmod(own_mode or mode)
        self._read_only.add(name)
        return path

    def _entries(self, volume: str, part: Object) -> list[tuple[str, bytes, int | None]]:
        if "downwardAPI" in part:
            return [
                (item["path"], self._downward(item).encode(), item.get("mode"))
                for item in part["downwardAPI"].get("items") or []
            ]
        for field, kind in (("configMap", "ConfigMap"), ("secret", "Secret")):
            if field in part:
                return self._object_entries(volume, kind, part[field])
        return []  # service account tokens: this cluster's processes have the user's own rights and need none

    def _downward(self, item: Object) -> str:
        if "fieldRef" in item:
            return pod_field(self._pod, item["fieldRef"]["fieldPath"])
        reference = item["resourceFieldRef"]
        containers = [*(dig(self._pod, "spec", "containers") or []), *(dig(self._pod, "spec", "initContainers") or [])]
        container = next(one for one in containers if one["name"] == reference["containerName"])
        return resource_field(container, reference["resource"], str(reference.get("divisor") or ""), {})

    def _object_entries(self, volume: str, kind: str, reference: dict[str, Any]) -> list[tuple[str, bytes, int | None]]:
        name = reference.get("secretName") or reference.get("name") or ""
        found = object_lookup(self._registry, self._pod)(kind, name)
        optional = bool(reference.get("optional"))
        if found is None:
            if optional:
                return []
            raise MountProblem(f'MountVolume.SetUp failed for volume "{volume}" : {kind.lower()} "{name}" not found')
        data = decode_data(found)
        items = reference.get("items")
        if items is None:
            return [(key, value, None) for key, value in data.items()]
        absent = next((item["key"] for item in items if item["key"] not in data), None)
        if absent is not None and not optional:
            raise MountProblem(
                f'MountVolume.SetUp failed for volume "{volume}" : references non-existent {_words(kind)} key: {absent}'
            )
        return [(item["path"], data[item["key"]], item.get("mode")) for item in items if item["key"] in data]


def object_lookup(registry: Registry, pod: Object) -> Lookup:
    """Return what finds the config maps and secrets of a pod's namespace."""
    plurals = {"ConfigMap": "configmaps", "Secret": "secrets"}
    return lambda kind, name: registry.find(plurals[kind], namespace_of(pod), name)


def _host_path(name: str, source: Object) -> Path:
    path, kind = Path(source["path"]), source.get("type") or ""
    if kind == "DirectoryOrCreate":
        path.mkdir(parents=True, exist_ok=True)
    elif kind == "FileOrCreate":
        path.touch()
    checks = {"Directory": path.is_dir, "File": path.is_file, "": path.exists}
    if not checks.get(kind, path.exists)():
        raise MountProblem(
            f'MountVolume.SetUp failed for volume "{name}" : hostPath type check failed: {path} is not a {kind.lower()}'
            if kind
            else f'MountVolume.SetUp failed for volume "{name}" : {path} does not exist on this machine'
        )
    return path


def absolute(path: str) -> str:
    """Return a mount path as an absolute one without detours; two slashes in front would stay two."""
    return os.path.normpath("/" + path.lstrip("/"))


def _words(kind: str) -> str:
    return "config" if kind == "ConfigMap" else kind.lower()
