"""The pod that everything of ours runs in: one container, allowed under restricted Pod Security, no burden to anybody.

What differs between a terminal and a training run is an argument; what must never differ stands here.

* It is nobody special: no root, no capability, the runtime's seccomp profile, no service account token. A namespace
  that enforces ``restricted`` takes it as it is, and one that enforces nothing gets no more than it needs.
* Requests and limits are always set, for a namespace with a quota refuses a pod that leaves one out.
* Meshes are told to keep out: with a sidecar a Job never completes.
* A node is asked for by affinity, never by ``nodeName``: that passes the scheduler by, and a claim which waits for its
  first consumer is then never bound (kubernetes#89953).
* A claim's name may have dots and 253 characters; a volume's in a pod may not. Volumes are ``v0``, ``v1`` … in the
  order of the mounts, full names stand in annotations, and label values are shortened with a hash.

Pure: plain arguments to a plain manifest, the template of a Job (``specs.job``). Sources: the checks of
``k8s.io/pod-security-admission/policy``, and the annotations by which Istio, Linkerd and Kuma leave a pod alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from kt_jupyter.specs.claim import MANAGED_BY, MANAGED_BY_LABEL
from kt_jupyter.specs.names import label_value

Json = dict[str, Any]

DOMAIN: Final = "kt-jupyter.dev"
PURPOSE_LABEL: Final = f"{DOMAIN}/purpose"
TERMINAL: Final = "terminal"
CONTAINER: Final = "main"
_WITHOUT_SIDECARS: Final = {
    "sidecar.istio.io/inject": "false",
    "linkerd.io/inject": "disabled",
    "kuma.io/sidecar-injection": "disabled",
}
_ISTIO_LABEL: Final = {"sidecar.istio.io/inject": "false"}  # the modern form of its annotation


@dataclass(frozen=True, slots=True)
class Mount:
    """A claim, and where the container finds it.

    Attributes:
        claim: The claim's name.
        path: Where it is mounted; absolute.
        read_only: Nothing can be written there.
        sub_path: Only this directory of it.
    """

    claim: str
    path: str
    read_only: bool = False
    sub_path: str | None = None


@dataclass(frozen=True, slots=True)
class Scratch:
    """A directory that lives and dies with the pod.

    Attributes:
        path: Where it is mounted.
        memory: It is kept in memory, which counts against the container's limit; such as ``/dev/shm``.
        size: The most it may hold, as a quantity.
    """

    path: str
    memory: bool = False
    size: str | None = None


@dataclass(frozen=True, slots=True)
class RunAs:
    """Whom the processes run as; None leaves it to the image, or to a cluster that gives every namespace its own ids.

    Attributes:
        user: The user's number.
        group: The group's.
        fs_group: The group that the volumes are given to where their driver can do that; None leaves them alone.
    """

    user: int | None = 1000
    group: int | None = 1000
    fs_group: int | None = 1000

    def __str__(self) -> str:
        if self.user is None:
            return "the cluster's choice"
        return f"{self.user}" if self.group is None else f"{self.user}:{self.group}"


@dataclass(frozen=True, slots=True)
class Resources:
    """What a container asks for and what it may use, by Kubernetes' names and quantities."""

    requests: Mapping[str, str]
    limits: Mapping[str, str]


ORDINARY: Final = RunAs()
"""Not root, and in the group that its volumes are given to: what fits an image that says nothing."""

TINY: Final = Resources({"cpu": "10m", "memory": "32Mi"}, {"cpu": "500m", "memory": "256Mi"})
"""For pods that help: they must fit onto a full node and into a small quota."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a pod may run; by default anywhere.

    Attributes:
        node: The name of the only node it may run on.
        node_selector: Labels that the node must have.
        tolerations: Taints that it puts up with, as Kubernetes writes them.
    """

    node: str | None = None
    node_selector: Mapping[str, str] = field(default_factory=dict)
    tolerations: Sequence[Mapping[str, Any]] = ()


ANYWHERE: Final = Placement()


def label(purpose: str, **names: str) -> dict[str, str]:
    """Return the labels of what we make: by these it is found, listed and removed.

    >>> label("terminal", volume="my-data")["kt-jupyter.dev/volume"]
    'my-data'

    Args:
        purpose: What it is for: ``terminal``, ``compute``.
        names: Whatever tells it from others of its purpose; long values are shortened with a hash.
    """
    own = {f"{DOMAIN}/{key}": label_value(value) for key, value in names.items()}
    return {MANAGED_BY_LABEL: MANAGED_BY, PURPOSE_LABEL: purpose, **own}


def annotate(**names: str) -> dict[str, str]:
    """Return the same names in full, where there is room for them."""
    return {f"{DOMAIN}/{key.replace('_', '-')}": value for key, value in names.items()}


def pod_template(
    image: str,
    command: Sequence[str],
    *,
    args: Sequence[str] = (),
    env: Mapping[str, str | Json] | None = None,
    mounts: Iterable[Mount] = (),
    scratch: Iterable[Scratch] = (),
    resources: Resources = TINY,
    run_as: RunAs = ORDINARY,
    placement: Placement = ANYWHERE,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
    tty: bool = False,
    grace_seconds: int = 2,
) -> Json:
    """Return ``{"metadata": …, "spec": …}`` of a pod with one container, named ``main``.

    Args:
        image: Any image.
        command: What its container runs.
        args: The arguments. In both, and in ``env``, Kubernetes replaces ``$(NAME)``: see ``literal``.
        env: Variables: text, or a source such as ``field("spec.nodeName")``.
        mounts: Claims to mount; one claim may be mounted at several places.
        scratch: Directories of its own.
        resources: Requests and limits.
        run_as: Whom it runs as. Root is possible where somebody asks for it and the namespace allows it.
        placement: Where it may run.
        labels: As ``label`` gives them.
        annotations: As ``annotate`` gives them.
        tty: Its main process has a terminal, which is reached by attach and outlives every connection.
        grace_seconds: How long it may take to end when asked to.
    """
    places = _Places(mounts, scratch)
    container: Json = {
        "name": CONTAINER,
        "image": image,
        "command": list(command),
        "resources": {"requests": dict(resources.requests), "limits": dict(resources.limits)},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    if args:
        container["args"] = list(args)
    if env:
        container["env"] = [_variable(name, value) for name, value in env.items()]
    if places.mounts:
        container["volumeMounts"] = places.mounts
    if tty:
        container |= {"tty": True, "stdin": True}  # stdinOnce stays false: many may come and go
    spec: Json = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": grace_seconds,
        "securityContext": _security(run_as),
        "containers": [container],
        **_placed(placement),
    }
    if places.volumes:
        spec["volumes"] = places.volumes
    metadata = {
        "labels": {**(labels or {}), **_ISTIO_LABEL},
        "annotations": {**(annotations or {}), **_WITHOUT_SIDECARS},
    }
    return {"metadata": metadata, "spec": spec}


def literal(text: str) -> str:
    """Write text for ``command``, ``args`` or ``env`` so that Kubernetes leaves it as it is.

    >>> literal("uid=$(id -u)")
    'uid=$$(id -u)'
    """
    return text.replace("$", "$$") if "$(" in text or "$$" in text else text


def field_of_pod(path: str) -> Json:
    """Return the source of a variable that holds one of the pod's own fields, such as ``spec.nodeName``."""
    return {"fieldRef": {"fieldPath": path}}


class _Places:
    """Volumes with the names that a pod allows, and where they are mounted."""

    def __init__(self, mounts: Iterable[Mount], scratch: Iterable[Scratch]) -> None:
        self.volumes: list[Json] = []
        self.mounts: list[Json] = []
        self._names: dict[str, str] = {}
        wanted = list(mounts)
        written_to = {each.claim for each in wanted if not each.read_only}
        for mount in wanted:
            self._mount(mount, read_only=mount.claim not in written_to)
        for each in scratch:
            limits: Json = {"medium": "Memory"} if each.memory else {}
            limits |= {"sizeLimit": each.size} if each.size else {}
            self.mounts.append({"name": self._add({"emptyDir": limits}), "mountPath": each.path})

    def _mount(self, mount: Mount, *, read_only: bool) -> None:
        if mount.claim not in self._names:
            # Said of the claim too: a volume for many readers needs it, and no other is given to the pod's group then.
            source: Json = {"claimName": mount.claim, **({"readOnly": True} if read_only else {})}
            self._names[mount.claim] = self._add({"persistentVolumeClaim": source})
        placed: Json = {"name": self._names[mount.claim], "mountPath": mount.path}
        placed |= {"readOnly": True} if mount.read_only else {}
        placed |= {"subPath": mount.sub_path} if mount.sub_path else {}
        self.mounts.append(placed)

    def _add(self, source: Json) -> str:
        name = f"v{len(self.volumes)}"
        self.volumes.append({"name": name, **source})
        return name


def _variable(name: str, value: str | Json) -> Json:
    return {"name": name, "value": value} if isinstance(value, str) else {"name": name, "valueFrom": value}


def _security(run_as: RunAs) -> Json:
    security: Json = {"runAsNonRoot": run_as.user != 0, "seccompProfile": {"type": "RuntimeDefault"}}
    if run_as.user is not None:
        security["runAsUser"] = run_as.user
    if run_as.group is not None:
        security["runAsGroup"] = run_as.group
    if run_as.fs_group is not None:
        # Without OnRootMismatch every file of a large volume is given to the group anew at each mount.
        security |= {"fsGroup": run_as.fs_group, "fsGroupChangePolicy": "OnRootMismatch"}
    return security


def _placed(placement: Placement) -> Json:
    placed: Json = {}
    if placement.node is not None:
        # The name itself: its label kubernetes.io/hostname may be another.
        term = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [placement.node]}]}
        required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
        placed["affinity"] = {"nodeAffinity": required}
    if placement.node_selector:
        placed["nodeSelector"] = dict(placement.node_selector)
    if placement.tolerations:
        placed["tolerations"] = [dict(each) for each in placement.tolerations]
    return placed
