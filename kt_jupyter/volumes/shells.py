"""The terminals on volumes, as objects in the cluster: how one is written, and how those that are open are found again.

Nothing is remembered in the kernel. Two notebooks, a kernel that was restarted and a colleague's notebook see the same
pods, and their labels and annotations say what each was opened for and by whom. A terminal is offered again to whoever
opened it, when it was opened in the same way; somebody else's is somebody else's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from kt_jupyter.specs.claim import MANAGED_BY, MANAGED_BY_LABEL
from kt_jupyter.specs.job import job
from kt_jupyter.specs.names import job_name
from kt_jupyter.specs.pod import DOMAIN, PURPOSE_LABEL, TERMINAL, Mount, RunAs, annotate, label, pod_template
from kt_jupyter.volumes.attaching import Plan
from kt_jupyter.volumes.shellscript import COMMAND, environment
from kt_jupyter.volumes.users import claims_of

Json = Mapping[str, Any]

OWNER_LABEL: Final = f"{DOMAIN}/owner"
VOLUME_ANNOTATION: Final = f"{DOMAIN}/volume"
SELECTOR: Final = f"{MANAGED_BY_LABEL}={MANAGED_BY},{PURPOSE_LABEL}={TERMINAL}"
_PREFIX: Final = "kt-sh"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A terminal as it was asked for.

    Attributes:
        image: The image.
        mount_path: Where the volume is mounted.
        read_only: Nothing can be written.
        run_as: Whom it runs as; None for who fits.
        lease: Seconds that it stays open when nobody has it.
    """

    image: str
    mount_path: str
    read_only: bool
    run_as: RunAs | None
    lease: int

    def annotations(self, volume: str) -> dict[str, str]:
        """Return what its Job and its pod say of it."""
        return annotate(
            volume=volume,
            image=self.image,
            mount_path=self.mount_path,
            read_only=str(self.read_only).lower(),
            run_as=str(self.run_as or ""),
        )


def owner_digest(who: str) -> str:
    """Return a label's value that tells people apart and names nobody."""
    return hashlib.sha256(who.encode()).hexdigest()[:12]


def shell_job(
    volume: str,
    wanted: Wanted,
    plan: Plan,
    *,
    namespace: str,
    owner: str,
    token: str,
    own_pod: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the Job of a terminal.

    Args:
        volume: The claim's name.
        wanted: What was asked for.
        plan: Where it runs, and as whom.
        namespace: The claim's namespace.
        owner: As ``owner_digest`` gives it.
        token: What tells it from other terminals on the volume.
        own_pod: The owner reference of the pod that Jupyter runs in.
    """
    template = pod_template(
        wanted.image,
        COMMAND,
        env=environment(volume, wanted.mount_path, read_only=plan.read_only, lease=wanted.lease),
        mounts=[Mount(volume, wanted.mount_path, read_only=plan.read_only)],
        run_as=plan.run_as,
        placement=plan.placement,
        labels=label(TERMINAL, volume=volume, owner=owner),
        annotations=wanted.annotations(volume),
        tty=True,
        grace_seconds=1,  # a shell that waits for input ends by being killed: it does not listen to SIGTERM
    )
    name = job_name(_PREFIX, volume, token)
    return job(name, template, lease=wanted.lease, namespace=namespace, owner=own_pod)


def open_shells(volume: str, pods: Iterable[Json], owner: str) -> list[Json]:
    """Return the pods of somebody's terminals on a volume that go on, the oldest first."""
    found = [pod for pod in pods if _is_shell_of(pod, owner) and volume in claims_of(pod) and _goes_on(pod)]
    return sorted(found, key=lambda pod: str(pod["metadata"].get("creationTimestamp")))


def same_shell(volume: str, wanted: Wanted, shells: Iterable[Json]) -> Json | None:
    """Return the terminal that was opened as this one is wanted; of several, one that is running."""
    asked = wanted.annotations(volume)
    same = [pod for pod in shells if asked.items() <= (pod["metadata"].get("annotations") or {}).items()]
    return min(same, key=lambda pod: pod["status"].get("phase") != "Running", default=None)


def _is_shell_of(pod: Json, owner: str) -> bool:
    labels = pod["metadata"].get("labels") or {}
    wanted = {MANAGED_BY_LABEL: MANAGED_BY, PURPOSE_LABEL: TERMINAL, OWNER_LABEL: owner}
    return wanted.items() <= labels.items()


def _goes_on(pod: Json) -> bool:
    over = (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")
    return not over and not pod["metadata"].get("deletionTimestamp")
