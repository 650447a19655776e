"""What the cluster's first process changes around itself, before anything runs: mounts, kernel settings, network.

All of it is private to the cluster's namespaces. The programs write to fixed places (/run/containerd, /var/lib/kubelet,
/var/log/containers, the pods' network namespaces in /run/netns); here those places are in memory and vanish with us.
"""

from __future__ import annotations

from pathlib import Path

from . import configs, control_groups, tools
from .layout import INSIDE, Layout
from .mounting import do, mount

# The kubelet insists on these and would set them for the whole machine. A file of the right content over each makes it
# find them as it wants them, and the machine's stay as they are.
_KERNEL_SETTINGS = {
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000",
}


def enter(base: Path, control_group: str) -> None:
    """Make the cache folder appear at ``/run/kt`` and cover what programs write elsewhere.

    Args:
        base: The cache folder as the host sees it.
        control_group: Name of the control group to be in.
    """
    control_groups.enter(control_group, [node.name for node in configs.NODES])
    # /run is replaced by a file system that already holds the cache, moved there in one go: the cache may be in /run.
    staging = base / "run" / "staging"
    staging.mkdir()
    mount("-t", "tmpfs", "tmpfs", staging)
    (staging / INSIDE.name).mkdir()
    mount("--bind", base, staging / INSIDE.name)
    mount("--move", staging, "/run")
    mount("--make-rshared", "/")  # mounts that appear in a pod's folder are to be seen by its containers
    _cover("/var")
    for name, value in _KERNEL_SETTINGS.items():
        _pretend(Path("/proc/sys") / name, value)


def connect(layout: Layout) -> None:
    """Bring up loopback and give the nodes their addresses.

    On a bridge without ports: the kubelet refuses a loopback address, and not every kernel has dummy devices. busybox
    does it, since it is there anyway and iproute2 is not everywhere.
    """
    busybox = tools.program(layout, "busybox")
    do(busybox, "ip", "link", "set", "lo", "up")
    do(busybox, "brctl", "addbr", "nodes")
    for node in configs.NODES:
        do(busybox, "ip", "addr", "add", f"{node.address}/32", "dev", "nodes")
    do(busybox, "ip", "link", "set", "nodes", "up")
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")  # per network namespace; pods reach the other node's pods


def _cover(folder: str) -> None:
    """Let writes below a folder go to memory, while what is there stays readable."""
    upper, work = (Path("/run/cover") / folder.lstrip("/") / part for part in ("upper", "work"))
    for part in (upper, work):
        part.mkdir(parents=True)
    mount("-t", "overlay", "overlay", "-o", f"lowerdir={folder},upperdir={upper},workdir={work}", folder)


def _pretend(setting: Path, value: str) -> None:
    if not setting.exists():
        return
    stand_in = Path("/run/kernel-settings") / setting.name
    stand_in.parent.mkdir(exist_ok=True)
    stand_in.write_text(value + "\n")
    mount("--bind", stand_in, setting)
