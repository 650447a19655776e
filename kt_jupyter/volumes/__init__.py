"""Volumes: making, reading, listing and deleting them.

``kt_jupyter.volumes`` is a package and, called, the list of volumes: ``kt.volumes()``. Python puts an imported
subpackage into its parent under its own name, so a function of that name in ``kt_jupyter`` would be replaced by this
module the moment anything imports it. Being callable is the way for both to hold.
"""

from __future__ import annotations

import sys
from types import ModuleType

from kt_jupyter.volumes.deletion import Deletion
from kt_jupyter.volumes.listing import VolumeList, volumes
from kt_jupyter.volumes.shell import Shell, ShellPlan
from kt_jupyter.volumes.status import VolumeStatus
from kt_jupyter.volumes.users import PodUse
from kt_jupyter.volumes.verdict import State
from kt_jupyter.volumes.volume import Volume

__all__ = ["Deletion", "PodUse", "Shell", "ShellPlan", "State", "Volume", "VolumeList", "VolumeStatus", "volumes"]


class _CallableModule(ModuleType):
    __call__ = staticmethod(volumes)


sys.modules[__name__].__class__ = _CallableModule
