"""What a pod's spec gets where its sender said nothing; the same for the templates of jobs.

Source: ``pkg/apis/core/v1/defaults.go`` (1.34).
"""

from __future__ import annotations

from typing import Any, Final

from kt_jupyter.local.objects import Object

_MODE: Final = 0o644
_PROBES: Final = ("livenessProbe", "readinessProbe", "startupProbe")
_PROBE: Final = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}
_FILES: Final = ("secret", "configMap", "downwardAPI", "projected")


def fill(spec: Object) -> None:
    """Fill in a pod's spec, in place."""
    spec.setdefault("restartPolicy", "Always")
    spec.setdefault("terminationGracePeriodSeconds", 30)
    if spec["terminationGracePeriodSeconds"] < 0:
        spec["terminationGracePeriodSeconds"] = 1
    spec.setdefault("dnsPolicy", "ClusterFirst")
    spec.setdefault("schedulerName", "default-scheduler")
    spec.setdefault("securityContext", {})
    _one_account(spec)
    for key in ("containers", "initContainers", "ephemeralContainers"):
        for container in spec.get(key) or ():
            _container(container, host_network=bool(spec.get("hostNetwork")))
    for volume in spec.get("volumes") or ():
        _volume(volume)
    for key in ("volumes", "initContainers", "ephemeralContainers", "tolerations", "imagePullSecrets", "nodeSelector"):
        if key in spec and not spec[key]:
            del spec[key]


def request_limits(spec: Object) -> None:
    """Let containers ask for what they are limited to, where they ask for nothing; of pods only, not of templates."""
    for key in ("containers", "initContainers"):
        for container in spec.get(key) or ():
            resources = container["resources"]
            for name, amount in (resources.get("limits") or {}).items():
                resources.setdefault("requests", {}).setdefault(name, amount)


def pull_policy(image: str) -> str:
    """Return how an image is pulled by default: whatever is called latest, or has no tag, each time."""
    name = image.rsplit("/", 1)[-1]
    if "@" in name:
        return "IfNotPresent"
    tag = name.rpartition(":")[2] if ":" in name else "latest"
    return "Always" if tag == "latest" else "IfNotPresent"


def _one_account(spec: Object) -> None:
    """The account has an old and a new name; each is filled in from the other."""
    name = spec.get("serviceAccountName") or spec.get("serviceAccount")
    if name:
        spec["serviceAccountName"] = spec["serviceAccount"] = name


def _container(container: Object, *, host_network: bool) -> None:
    container.setdefault("resources", {})
    container.setdefault("imagePullPolicy", pull_policy(container.get("image") or ""))
    container.setdefault("terminationMessagePath", "/dev/termination-log")
    container.setdefault("terminationMessagePolicy", "File")
    for port in container.get("ports") or ():
        port.setdefault("protocol", "TCP")
        if host_network and port.get("containerPort"):
            port.setdefault("hostPort", port["containerPort"])
    for variable in container.get("env") or ():
        _field_reference((variable.get("valueFrom") or {}).get("fieldRef"))
        if variable.get("value") == "":
            del variable["value"]
    for key in _PROBES:
        if container.get(key) is not None:
            _probe(container[key])
    for key in ("env", "ports", "volumeMounts", "args", "command"):
        if key in container and not container[key]:
            del container[key]


def _probe(probe: Object) -> None:
    for key, value in _PROBE.items():
        if not probe.get(key):
            probe[key] = value
    if "httpGet" in probe:
        probe["httpGet"].setdefault("path", "/")
        probe["httpGet"].setdefault("scheme", "HTTP")
    if "grpc" in probe:
        probe["grpc"].setdefault("service", "")


def _volume(volume: Object) -> None:
    if not [key for key in volume if key != "name"]:
        volume["emptyDir"] = {}
    if "hostPath" in volume:
        volume["hostPath"].setdefault("type", "")
    for key in _FILES:
        if key in volume:
            volume[key].setdefault("defaultMode", _MODE)
    for item in (volume.get("downwardAPI") or {}).get("items") or ():
        _field_reference(item.get("fieldRef"))
    for source in (volume.get("projected") or {}).get("sources") or ():
        _projection(source)
    claim = (volume.get("ephemeral") or {}).get("volumeClaimTemplate")
    if claim:
        claim.setdefault("spec", {}).setdefault("volumeMode", "Filesystem")


def _projection(source: Object) -> None:
    if "serviceAccountToken" in source:
        source["serviceAccountToken"].setdefault("expirationSeconds", 3600)
    for item in (source.get("downwardAPI") or {}).get("items") or ():
        _field_reference(item.get("fieldRef"))


def _field_reference(reference: Any) -> None:
    if isinstance(reference, dict):
        reference.setdefault("apiVersion", "v1")
