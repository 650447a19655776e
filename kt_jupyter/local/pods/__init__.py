"""Pods as processes of this machine: the kubelet's and the container runtime's part of the local cluster.

``Kubelet`` runs what is assigned to this machine; ``open_log`` reads what it wrote; everything else is how.
"""

from kt_jupyter.local.pods.kubelet import Kubelet
from kt_jupyter.local.pods.logs import LogOptions, Logs
from kt_jupyter.local.pods.reading import open_log

__all__ = ["Kubelet", "LogOptions", "Logs", "open_log"]
