"""What ``vol.ssh()`` gives back: the terminal that was opened, or with ``explain`` and ``dry_run`` what would be."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import Any

from kt_jupyter.errors import NotFound
from kt_jupyter.kube import JOBS, PODS, Cluster
from kt_jupyter.pods.line import Passed
from kt_jupyter.specs.job import NAME_LABEL
from kt_jupyter.terminal import Target

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shell:
    """A terminal on a volume: a shell in a pod that goes on whoever is attached.

    Attributes:
        volume: The volume's name.
        namespace: Its namespace.
        pod: The pod's name.
        node: Where it runs; None when that is not known yet.
        image: Its image.
        mount_path: Where the volume is.
        read_only: Nothing can be written.
        reused: It was open already.
        stages: What its start went through; nothing when it was open.
        target: What the program that attaches is told.
    """

    volume: str
    namespace: str
    pod: str
    node: str | None
    image: str
    mount_path: str
    read_only: bool
    reused: bool
    target: Target
    stages: tuple[Passed, ...] = ()
    _job: str = ""
    _cluster: Cluster | None = field(default=None, repr=False, compare=False)

    @classmethod
    def of(
        cls,
        cluster: Cluster,
        pod: Json,
        volume: str,
        *,
        title: str,
        stages: tuple[Passed, ...] = (),
        reused: bool = False,
    ) -> Shell:
        """Describe the terminal that a pod is."""
        metadata, container = pod["metadata"], pod["spec"]["containers"][0]
        name, namespace, (mount, *_) = metadata["name"], metadata["namespace"], container["volumeMounts"]
        return cls(
            volume=volume,
            namespace=namespace,
            pod=name,
            node=pod["spec"].get("nodeName"),
            image=container["image"],
            mount_path=mount["mountPath"],
            read_only=bool(mount.get("readOnly")),
            reused=reused,
            target=Target.of(cluster, name, namespace=namespace, container=container["name"], title=title),
            stages=stages,
            _job=(metadata.get("labels") or {}).get(NAME_LABEL, ""),
            _cluster=cluster,
        )

    @property
    def command(self) -> str:
        """The line that attaches to it from any other terminal."""
        return self.target.command()

    def close(self) -> None:
        """End the shell and whatever runs in it, and remove its pod. One that is gone already is none to end."""
        assert self._cluster is not None
        with contextlib.suppress(NotFound):
            if self._job:
                self._cluster.delete(JOBS, self._job, namespace=self.namespace)
            else:
                self._cluster.delete(PODS, self.pod, namespace=self.namespace)

    def to_dict(self) -> dict[str, Any]:
        """Return the facts as plain data, for ``--json``."""
        return {
            "volume": self.volume,
            "namespace": self.namespace,
            "pod": self.pod,
            "node": self.node,
            "image": self.image,
            "mountPath": self.mount_path,
            "readOnly": self.read_only,
            "reused": self.reused,
            "command": self.command,
        }

    def __repr__(self) -> str:
        access = "read-only" if self.read_only else "read-write"
        where = f" on {self.node}" if self.node else ""
        return f"Terminal {self.volume}  at {self.mount_path}  {access}   pod {self.pod}{where}"


@dataclass(frozen=True, slots=True)
class ShellPlan:
    """What opening a terminal would do.

    Attributes:
        volume: The volume's name.
        namespace: Its namespace.
        sentence: What would be done and why.
        manifest: The Job that would be made; None where a terminal is open that would be used.
        pod: The pod of that terminal.
        checked: The server has checked the Job and its pod.
        notices: What is worth saying.
    """

    volume: str
    namespace: str
    sentence: str
    manifest: Json | None = None
    pod: str | None = None
    checked: bool = False
    notices: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the facts as plain data, for ``--json``."""
        return {
            "volume": self.volume,
            "namespace": self.namespace,
            "plan": self.sentence,
            "pod": self.pod,
            "notices": list(self.notices),
            "manifest": self.manifest,
        }

    def __repr__(self) -> str:
        return "\n".join([self.sentence, *self.notices])
