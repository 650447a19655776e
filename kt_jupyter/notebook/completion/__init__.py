"""Tab completion of the magics: verbs, options, and the names that exist in the cluster."""
