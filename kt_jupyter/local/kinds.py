"""Stub."""

from __future__ import annotations

from kt_jupyter.local.rules import Change, Rules


class KindRules(Rules):
    """x."""

    def prepare(self, change: Change) -> None:
        obj, key = change.obj, change.resource.key
        if change.old is None:
            if key == "persistentvolumeclaims":
                obj["status"] = {"phase": "Pending"}
                obj["metadata"].setdefault("finalizers", []).append("kubernetes.io/pvc-protection")
                obj["spec"].setdefault("volumeMode", "Filesystem")
                obj["spec"].setdefault("storageClassName", "standard")
            elif key == "namespaces":
                obj["spec"] = {"finalizers": ["kubernetes"]}
                obj["status"] = {"phase": "Active"}
                obj["metadata"].setdefault("labels", {})["kubernetes.io/metadata.name"] = obj["metadata"]["name"]
            elif key == "pods":
                obj["status"] = {"phase": "Pending", "qosClass": "BestEffort"}
            elif key == "jobs.batch":
                obj["status"] = {}
