"""One module a kind, or a few: defaults, validation and what may change, in the words of Kubernetes 1.34."""
