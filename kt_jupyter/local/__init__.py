"""The embedded cluster: a Kubernetes-compatible API server for one user, in its own process.

Why our own and not a mock: kubectl, the ``kubernetes`` package and this project's own client must not be able to
tell it from a real server in anything they do with namespaces, claims, volumes, pods and jobs. So objects, watches,
patches, validation, admission and error texts follow Kubernetes' source, and pods really run, as local processes.

What it deliberately is not: it holds no network, no images and no nodes but this machine; it serves only JSON.

``python -m kt_jupyter.local`` starts, stops and inspects it. Nothing here imports the client it serves: the rest of
the package reaches it over its socket, like any other cluster.
"""
