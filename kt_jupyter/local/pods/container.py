"""From a container's specification to a process's: what runs, as whom, with which environment and mounts.

What an unprivileged user can give is given: ``runAsUser`` and ``runAsGroup`` are the ids seen inside the container's
user namespace (outside, every file belongs to the user), the root is read-only but for the container's own places, and
capabilities and seccomp profiles are moot. CPU limits count for scheduling and quota and are not enforced; memory
limits are, by looking (``memory``): the one limit an unprivileged process can set on itself, ``RLIMIT_AS``, counts
reserved addresses, of which Python with numpy takes gigabytes it never uses; it would stop what runs on any cluster.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kt_jupyter.local.objects import Object, dig, name_of, namespace_of
from kt_jupyter.local.pods.environment import ConfigProblem, Lookup, container_environment, expand, hostname
from kt_jupyter.local.pods.images import Image
from kt_jupyter.local.pods.process import Mount, ProcessSpec
from kt_jupyter.local.pods.volumes import absolute

_STANDARD_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_TMP: Final = "/tmp"  # noqa: S108  (the container's own)
_HOSTS: Final = "/etc/hosts"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a container is given beside its specification."""

    scratch: Path  # its own directory on this machine: /tmp and the termination message
    mounts: list[Mount]
    lookup: Lookup
    capacity: Mapping[str, str]
    isolate: bool


def process_spec(pod: Object, container: Object, image: Image, given: Surroundings) -> ProcessSpec:
    """Return the process that a container is.

    Raises:
        ConfigProblem: something it refers to does not exist, or it must not run as root and would.
    """
    uid, gid = _user(pod, container)
    values = container_environment(pod, container, given.lookup, given.capacity)
    command = [expand(str(word), values) for word in container.get("command") or []]
    arguments = [expand(str(word), values) for word in container.get("args") or []]
    argv = command + arguments if command else arguments or image.command
    terminal = {"TERM": "xterm"} if container.get("tty") else {}
    environment = {"PATH": _path(), "HOSTNAME": hostname(pod), "HOME": _TMP, **terminal, **values}
    mounts = [*_own_places(container, given), *_hosts(pod, given), *given.mounts]
    cwd = container.get("workingDir") or "/"
    if not given.isolate:
        private = str(given.scratch / "tmp")
        agent = str(agent_directory(pod, container))
        environment = {"TMPDIR": private, "KT_AGENT_DIRECTORY": agent, **environment}
        environment["HOME"] = values.get("HOME", private)
        environment.update(mount_variables(container, given.mounts))
        cwd = _nearest_directory(cwd, given)
    return ProcessSpec(
        argv=argv,
        env=environment,
        cwd=cwd,
        uid=uid,
        gid=gid,
        hostname=hostname(pod),
        mounts=mounts,
        read_only_root=bool(dig(container, "securityContext", "readOnlyRootFilesystem")),
        tty=bool(container.get("tty")),
        stdin=bool(container.get("stdin")),
        stdin_once=bool(container.get("stdinOnce")),
        isolate=given.isolate,
    )


def mount_variables(container: Object, mounts: list[Mount]) -> dict[str, str]:
    """Return ``KT_MOUNT_<NAME>`` for each mount: where a volume is when it cannot be at its mountPath.

    The name is the volume's, in capitals, other characters than letters and digits as underscores.
    """
    by_target = {mount.target: mount.source for mount in mounts}
    variables = {}
    for mount in container.get("volumeMounts") or []:
        source = by_target.get(absolute(mount["mountPath"]))
        if source is not None:
            variables["KT_MOUNT_" + re.sub(r"[^A-Z0-9]", "_", mount["name"].upper())] = source
    return variables


def termination_file(scratch: Path) -> Path:
    """Where, on this machine, the container's termination message is written."""
    return scratch / "termination-log"


def agent_directory(pod: Object, container: Object) -> Path:
    """Where kt_jupyter's agent has its socket when /tmp is this machine's: short, macOS takes a path of 103 bytes."""
    return Path(_TMP) / f"kt-{uuid.uuid5(uuid.UUID(dig(pod, 'metadata', 'uid')), container['name']).hex}"


def _own_places(container: Object, given: Surroundings) -> list[Mount]:
    """The container's /tmp and termination message; and Python, should it lie below the /tmp that this hides."""
    tmp = given.scratch / "tmp"
    tmp.mkdir(parents=True, exist_ok=True)
    message = termination_file(given.scratch)
    message.write_bytes(b"")
    python = {str(Path(prefix).resolve()) for prefix in (sys.prefix, sys.base_prefix)}
    return [
        Mount(str(tmp), _TMP),
        *(Mount(prefix, prefix, read_only=True) for prefix in sorted(python) if prefix.startswith(_TMP + "/")),
        Mount(str(message), container.get("terminationMessagePath") or "/dev/termination-log"),
    ]


def _hosts(pod: Object, given: Surroundings) -> list[Mount]:
    """Return the pod's /etc/hosts, in which it finds its own name: gloo, for one, looks itself up there.

    The rest is this machine's, whose network the pod has.
    """
    if not Path(_HOSTS).is_file():  # nothing to mount it over
        return []
    file = given.scratch / "hosts"
    file.write_text(f"127.0.0.1\t{hostname(pod)}\n{Path(_HOSTS).read_text()}")
    return [Mount(str(file), _HOSTS)]


def _user(pod: Object, container: Object) -> tuple[int, int]:
    def setting(name: str) -> object:
        own = dig(container, "securityContext", name)
        return own if own is not None else dig(pod, "spec", "securityContext", name)

    uid, gid = setting("runAsUser"), setting("runAsGroup")
    if setting("runAsNonRoot") and not uid:
        image_user = "container has runAsNonRoot and image will run as root"
        why = "container's runAsUser breaks non-root policy" if uid == 0 else image_user
        raise ConfigProblem(f'{why} (pod: "{full_name(pod)}", container: {container["name"]})')
    if gid is None:
        gid = dig(pod, "spec", "securityContext", "fsGroup")
    return int(str(uid or 0)), int(str(gid or 0))


def full_name(pod: Object) -> str:
    """Return ``name_namespace(uid)``, as the kubelet writes of a pod."""
    return f"{name_of(pod)}_{namespace_of(pod)}({dig(pod, 'metadata', 'uid')})"


def _path() -> str:
    """This Python first, so that ``python3`` in a pod is the one whose packages the user has."""
    return f"{Path(sys.executable).parent}:{os.environ.get('PATH', _STANDARD_PATH)}"


def _nearest_directory(cwd: str, given: Surroundings) -> str:
    """Without a mount namespace: where a claim mounted at the working directory really is, else the first claim."""
    for mount in given.mounts:
        if cwd == mount.target or cwd.startswith(mount.target + "/"):
            place = mount.source + cwd.removeprefix(mount.target)
            if Path(place).is_dir():
                return place
    directories = [mount.source for mount in given.mounts if Path(mount.source).is_dir() and not mount.read_only]
    return directories[0] if directories else tempfile.gettempdir()
