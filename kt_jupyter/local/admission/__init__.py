"""Refusals that depend on the state of the cluster: namespaces that end, quotas, limit ranges, Pod Security."""
