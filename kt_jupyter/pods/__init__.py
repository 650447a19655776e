"""Starting a pod of ours, and following it until it runs, aloud.

A Job is accepted whatever becomes of it: that no node fits, that the image does not exist or that a quota refuses its
pods shows only in its pods, their events and their claims. This layer watches those and says, in one line that changes
in place, how far it has come and what it waits for; what cannot come right ends it, typed, and nothing is left.

It stands above ``kube``, whose watches it combines, and below everything that starts pods: terminals on volumes today,
computes beside them. What runs in the pod, and how it is reached, is theirs to know. ``terminal`` attaches to pods that
were started here, and shares the lease by which they live.
"""

from kt_jupyter.pods.lease import renew
from kt_jupyter.pods.ownership import own_pod
from kt_jupyter.pods.started import Started
from kt_jupyter.pods.starting import Start, start

__all__ = ["Start", "Started", "own_pod", "renew", "start"]
