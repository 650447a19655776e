"""HTTP on one side, the registry on the other: paths, queries, bodies and answers of the Kubernetes API."""
