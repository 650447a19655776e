"""The program that runs in a pod, and how it gets there: in the pod's arguments.

No image of ours, no package to install, no ConfigMap, no port: any image with Python 3.8 or newer will do. ``program/``
is that program; it uses the standard library only and imports nothing of kt_jupyter's.
"""

from kt_jupyter.compute.agent.packing import Launch, command

__all__ = ["Launch", "command"]
