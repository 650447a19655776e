"""Cells and functions on pods.

``Compute`` is a pod that they run on: a Job with our agent in it. ``agent`` is that program, and how it gets there;
``session`` is the kernel's side of the conversation with it.
"""

from kt_jupyter.compute.compute import Compute
from kt_jupyter.compute.finding import ComputeList, computes
from kt_jupyter.compute.status import ComputeStatus, State, Stopped

__all__ = ["Compute", "ComputeList", "ComputeStatus", "State", "Stopped", "computes"]
