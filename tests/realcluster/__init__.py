"""A real two-node Kubernetes for the tests, on one Linux machine, built from source once and started in seconds.

What: etcd, the API server, controller manager and scheduler of one upstream release, two kubelets with a containerd
each, and a provisioner with three storage classes. Nothing is imitated but the storage backend and the images (README).

Why not kind or k3s: both need images from a registry, and kind a Docker engine. This needs Go modules and Debian
packages, which a machine behind a mirror has, and nothing while it runs.

How it leaves nothing behind: the cluster is one process tree inside network, mount and process namespaces of its own,
under a first process that we write (``inside``). When that process ends, however it ends, the kernel ends every other
process and drops every mount and network device with it. What could remain are files, all in one cache folder, and
empty control groups under one name: ``down`` and the next ``up`` remove both.

Host side: ``__main__`` (commands), ``cluster`` (up, down), ``machine``, ``tools``, ``golang``, ``rootfs``, ``images``
(build). Inside the namespaces: ``inside`` (first process), ``namespace`` (mounts, network), ``components`` and
``configs`` (what runs, with which options), ``boot`` (in which order).
"""
