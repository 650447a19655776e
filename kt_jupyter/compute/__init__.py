"""Cells and functions on pods.

``agent`` is the program that runs in a pod and how it gets there; ``session`` is the kernel's side of the conversation
with it.
"""
