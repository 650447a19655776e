"""Pods as processes of this machine: the kubelet's and the container runtime's part of the local cluster.

``Kubelet`` runs what is assigned to this machine; ``open_log`` reads what it wrote; ``Running`` knows what can be
attached to or run commands in; everything else is how.
"""

from kt_jupyter.local.pods.kubelet import Kubelet
from kt_jupyter.local.pods.logs import LogOptions, Logs
from kt_jupyter.local.pods.process import CannotStart, Process
from kt_jupyter.local.pods.reading import choose_container, open_log
from kt_jupyter.local.pods.running import Running

__all__ = ["CannotStart", "Kubelet", "LogOptions", "Logs", "Process", "Running", "choose_container", "open_log"]
