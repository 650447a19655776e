"""Same requests, same answers: what a real Kubernetes API server says, recorded, and held against the local cluster.

`themes/` holds the requests as plain data, `recorded/` what Kubernetes answered to them. `make test` plays every
scenario against the embedded cluster and compares; `make test-cluster` plays them against the real one again, so that
the record cannot go stale. Requests travel as raw HTTP: the client in `kt_jupyter.kube` has tests of its own, and must
not be able to hide what a server says here.

    python -m tests.parity record --kubeconfig PATH [--theme claims]     # ask a real cluster, write recorded/
    python -m tests.parity diff --kubeconfig PATH [--theme claims]       # ask any cluster, print what differs
"""
