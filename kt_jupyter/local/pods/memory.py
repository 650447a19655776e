"""The memory limit of a container: what its processes use is looked at, and above the limit all of them are killed.

On a node the kernel does that, by control groups, which nobody but root can make, and the kubelet has it kill the whole
container (``memory.oom.group``): its state says OOMKilled, with exit code 137. So it is here, with these differences:

* It is sampled: a burst may pass the limit, and be over, before it is seen; until then it is this machine's memory.
* What processes have mapped is counted; files in memory (``/dev/shm``, an emptyDir in memory), which they only wrote,
  and the kernel's own memory are not.
* Only Linux tells what processes share, and whose child is one that left its group; elsewhere nothing is limited.

Processes that were forked share pages, and a sum of what is resident counts those once for each. That sum is cheap, and
never too small; only when it is above the limit the kernel is asked for each process's share (PSS), for which it has to
walk through all pages. Mapped files don't count: a node that lacks memory drops those pages before it kills anybody.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from kt_jupyter.local.pods.process import Process

_OFTEN, _SELDOM = 0.2, 1.0  # seconds between two looks
_RATE: Final = 2 << 30  # bytes a second: more new memory than a process fills
_PAUSE: Final = 10  # times as long as it took to look: large processes cost the machine a tenth of a core, not more
_COUNTED: Final = ("Pss_Anon", "Pss_Shmem")


async def enforce(limit: int, process: Process) -> None:
    """Kill a container as soon as its processes are seen to use more than ``limit`` bytes; cancel it at its end."""
    while sys.platform == "linux":
        begun = time.monotonic()
        family = _descendants(process.pid)
        resident = sum(map(_resident, family))
        if resident > limit and await asyncio.to_thread(_used, family) > limit:
            process.run_out_of_memory()
            return
        looked = time.monotonic() - begun
        await asyncio.sleep(max(_OFTEN, min(_SELDOM, (limit - resident) / _RATE), looked * _PAUSE))


def _descendants(pid: int) -> list[int]:
    """Return what a process has started, directly or not. What lost its parent is the child of a process of ours."""
    family = [pid]
    for each in family:  # it grows meanwhile
        family += _children(each)
    return family[1:]


def _children(pid: int) -> list[int]:
    children: list[int] = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208  (pathlib would triple what an idle pod costs)
            with open(f"/proc/{pid}/task/{thread}/children", "rb") as file:  # noqa: PTH123
                children += map(int, file.read().split())
    except OSError:  # it has just ended
        pass
    return children


def _resident(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:  # noqa: PTH123
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def _used(family: list[int]) -> int:
    return sum(map(_share, family))


def _share(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/smaps_rollup", "rb") as file:  # noqa: PTH123
            lines = [line.decode().split(":") for line in file.readlines()[1:]]
    except PermissionError:  # a program with rights of its own: better too much than nothing
        return _resident(pid)
    except OSError:
        return 0
    return sum(int(value.split()[0]) * 1024 for name, value in lines if name in _COUNTED)
