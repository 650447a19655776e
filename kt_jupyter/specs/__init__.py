"""Pure functions: plain arguments in, plain manifests and facts out.

What Kubernetes accepts and what storage classes can do, with nothing that reads a file, a clock or a socket. The
client above and the local cluster beside both stand on it, so that they cannot disagree about what a size is.
"""
