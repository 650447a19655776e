"""``make bench``: kt_jupyter beside kubectl and the kubernetes package, in one run on one cluster.

Not timed tests: a busy machine moves every number, so what is judged are ratios between columns measured in turn.
"""
