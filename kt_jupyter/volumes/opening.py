"""Opening a terminal on a volume: read, plan, start, hand over.

Everything that can be known before a pod is made is: the volume, who uses it, the rights, whether the server would take
the pod. Then the pod is started aloud, and the terminal opened before it runs: attaching is tried from then on, so that
the prompt comes about when the cluster reports that it does. As soon as a node has the pod, if its image is known to be
had here; else a third of a second later, when the image is there: until then it can turn out that there is none, and a
tab that waits for nothing explains nothing.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from kt_jupyter import reporting
from kt_jupyter.errors import Forbidden, KtError, NotFound, PodNotStarted
from kt_jupyter.kube import (
    CLAIMS,
    EVENTS,
    JOBS,
    NAMESPACES,
    NODES,
    PODS,
    STORAGE_CLASSES,
    VOLUMES,
    Cluster,
    Get,
    List,
    user_name,
)
from kt_jupyter.pods import Start, own_pod
from kt_jupyter.pods.started import Started
from kt_jupyter.reporting import Say
from kt_jupyter.specs.durations import written
from kt_jupyter.specs.job import pod_of
from kt_jupyter.volumes import events
from kt_jupyter.volumes.attaching import Plan, Surroundings, attach_plan
from kt_jupyter.volumes.reading import absence, by_name, optional
from kt_jupyter.volumes.shell import Shell, ShellPlan
from kt_jupyter.volumes.shells import Wanted, open_shells, owner_digest, same_shell, shell_job

Json = dict[str, Any]

_HUB_USER: Final = "JUPYTERHUB_USER"  # on a hub many people may share one service account
_worked: Final[set[tuple[str, str]]] = set()  # images that have run from this kernel, by server
_CREATE_SINCE: Final = (1, 35)  # attaching needs `create` as well as `get` (KEP-4006)


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A terminal that is about to be opened: the one that is there, or the plan and the Job of a new one."""

    title: str
    reused: Json | None = None
    plan: Plan | None = None
    manifest: Json | None = None
    notices: tuple[str, ...] = ()
    image_works: bool = False


def open_shell(
    cluster: Cluster,
    namespace: str,
    name: str,
    wanted: Wanted,
    *,
    new: bool = False,
    timeout: float,
    progress: Say | None = None,
) -> Shell:
    """Open a terminal, or offer the one that is open; see ``Volume.ssh``, which documents the arguments."""
    from kt_jupyter.terminal import open_terminal, opens_in_place  # noqa: PLC0415 - loads IPython

    ready = _prepare(cluster, namespace, name, wanted, new=new)
    for line in ready.notices:
        reporting.notice(line)
    if ready.reused is not None:
        found = Shell.of(cluster, ready.reused, name, title=ready.title, reused=True)
        open_terminal(found.target)
        return found
    assert ready.manifest is not None
    subject = f"the terminal on {name}"
    with Start(cluster, ready.manifest, subject=subject, timeout=timeout, progress=progress) as starting:
        if not opens_in_place():
            pod = starting.until("scheduled" if ready.image_works else "image").pod
            open_terminal(Shell.of(cluster, pod, name, title=ready.title).target)
        started = starting.until("running")
        _refuse_ended(cluster, started, name)
    _worked.add((cluster.server, wanted.image))
    shell = Shell.of(cluster, started.pod, name, title=ready.title, stages=started.stages)
    if opens_in_place():
        open_terminal(shell.target)
    return shell


def explain_shell(
    cluster: Cluster, namespace: str, name: str, wanted: Wanted, *, new: bool = False, check: bool = False
) -> ShellPlan:
    """Say what ``open_shell`` would do, and with ``check`` have the server check it; nothing is made."""
    ready = _prepare(cluster, namespace, name, wanted, new=new)
    if ready.reused is not None:
        pod = ready.reused["metadata"]["name"]
        where = ready.reused["spec"].get("nodeName")
        on = f" on node {where}" if where else ""
        sentence = f"Opens the terminal that is open on {name}: pod {pod}{on}, {wanted.image}."
        return ShellPlan(name, namespace, sentence, pod=pod, notices=ready.notices)
    assert ready.plan is not None
    assert ready.manifest is not None
    if check:
        cluster.create(PODS, pod_of(ready.manifest), namespace=namespace, dry_run=True)
        cluster.create(JOBS, ready.manifest, namespace=namespace, dry_run=True)
    sentence = ready.plan.sentence(f"a terminal on {name} in a pod of its own ({wanted.image})")
    return ShellPlan(name, namespace, sentence, ready.manifest, checked=check, notices=ready.notices)


def who(cluster: Cluster) -> str:
    """Return the digest of whoever works here: terminals are offered again to those who opened them."""
    return owner_digest(f"{user_name(cluster)}/{os.environ.get(_HUB_USER, '')}")


def _prepare(cluster: Cluster, namespace: str, name: str, wanted: Wanted, *, new: bool) -> _Prepared:
    around = _surroundings(cluster, namespace, name)
    owner = who(cluster)
    shells = open_shells(name, around.pods, owner)
    notices = _rights(cluster, namespace, wanted.lease)
    reused = None if new else same_shell(name, wanted, shells)
    if reused is not None:
        return _Prepared(_title(name, shells.index(reused)), dict(reused), notices=notices)
    plan = attach_plan(around, read_only=wanted.read_only, run_as=wanted.run_as)
    manifest = shell_job(
        name,
        wanted,
        plan,
        namespace=namespace,
        owner=owner,
        token=secrets.token_hex(2),
        own_pod=own_pod(cluster, namespace),
    )
    works = (cluster.server, wanted.image) in _worked or _runs(wanted.image, around.pods)
    return _Prepared(_title(name, len(shells)), None, plan, manifest, (*plan.notices, *notices), works)


def _runs(image: str, pods: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a pod of the namespace has run an image, so that it is one and may be had."""
    for pod in pods:
        had = {each["name"] for each in (pod.get("status") or {}).get("containerStatuses") or () if each.get("imageID")}
        if any(each["image"] == image and each["name"] in had for each in pod["spec"]["containers"]):
            return True
    return False


def _surroundings(cluster: Cluster, namespace: str, name: str) -> Surroundings:
    claim, pods, classes, said, space = cluster.gather(
        Get(CLAIMS, name, namespace),
        List(PODS, namespace),
        List(STORAGE_CLASSES),
        List(EVENTS, namespace, field_selector=events.about(name)),
        Get(NAMESPACES, namespace),
        return_errors=True,
    )
    if isinstance(claim, NotFound):
        raise absence(cluster, namespace, name)
    for needed in (claim, pods):
        if isinstance(needed, KtError):
            raise needed
    disk_name = claim["spec"].get("volumeName")
    about_disk = [Get(VOLUMES, disk_name)] if disk_name else []
    nodes, *disk = cluster.gather(List(NODES), *about_disk, return_errors=True)
    classes, uid = optional(classes), claim["metadata"]["uid"]
    return Surroundings(
        claim=claim,
        pods=pods,
        classes=None if classes is None else by_name(classes),
        events=[each for each in optional(said) or () if each["involvedObject"].get("uid") in (None, uid)],
        namespace=optional(space),
        disk=None if not disk or isinstance(disk[0], NotFound) else optional(disk[0]),
        nodes=optional(nodes),
    )


def _rights(cluster: Cluster, namespace: str, lease: int) -> tuple[str, ...]:
    """Refuse who may not attach, before a pod is made for nothing; return what else is missing and worth saying.

    Raises:
        Forbidden: The right to attach is missing.
    """
    rights = cluster.rights(namespace)
    verbs = [verb for verb in ("get", "create") if not rights.allows(verb, PODS, "attach")]
    if "get" in verbs or ("create" in verbs and _version(cluster) >= _CREATE_SINCE):
        missing = " and ".join(f"`{verb}`" for verb in verbs)
        raise Forbidden(
            f"a terminal needs {missing} on `pods/attach` in namespace {namespace}, which user {cluster.user} may not.",
            remedy="`%kt_cluster role` prints a Role to ask your administrator for.",
            code=403,
            reason="Forbidden",
        )
    if rights.allows("patch", JOBS):
        return ()
    return (f"Without the right to `patch` `jobs.batch` the terminal ends after {written(lease)}, in use or not.",)


def _version(cluster: Cluster) -> tuple[int, int]:
    found = cluster.version()
    numbers = ["".join(filter(str.isdecimal, str(found.get(key, "")))) for key in ("major", "minor")]
    return int(numbers[0] or 1), int(numbers[1] or 0)


def _refuse_ended(cluster: Cluster, started: Started, name: str) -> None:
    """Raise when the shell ended as soon as it began: nobody has typed anything."""
    if started.exit_code is None:
        return
    try:
        said = cluster.logs(started.name, namespace=started.pod["metadata"]["namespace"], tail_lines=3).strip()
    except KtError:
        said = ""
    raise PodNotStarted(
        f"the terminal on {name} ended as soon as it began, with exit code {started.exit_code}.",
        remedy="Name another image: vol.ssh(image=…)",
        server=said or None,
    )


def _title(name: str, others: int) -> str:
    return f"{name} {others + 1}" if others else name
