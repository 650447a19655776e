"""A wait for what no event tells of, such as a line of a log or a file: asked again and again."""

import time


def eventually(so, seconds=30):
    """Wait until something is so, and return it."""
    deadline = time.monotonic() + seconds
    while not (found := so()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return found
