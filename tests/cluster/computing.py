"""What the tests of computes share: small ones, and those that use them."""

import contextlib
import io
import os
import signal
import sys
import threading

import kt_jupyter as kt

SMALL = {"cpus": 0.5, "memory": "256Mi"}
PYTHON = f"python:{sys.version_info.major}.{sys.version_info.minor}-slim"
STARTS_WITHIN = 60  # seconds that a slow machine may take
HEARS_WITHIN = 30


class Computes:
    """Computes of a test: small unless it says otherwise, and stopped at its end."""

    def __init__(self):
        self.said = []
        self._made = []

    def describe(self, **options):
        """Describe one; it is not started."""
        return self.add(kt.Compute(**SMALL | options))  # None leaves one of them open again

    def add(self, compute):
        """Stop this one too."""
        self._made.append(compute)
        return compute

    def start(self, **options):
        """Start one, and keep what it says meanwhile."""
        return self.describe(**options).start(timeout=STARTS_WITHIN, progress=self.said.append)

    def end(self):
        """Stop them all."""
        for compute in self._made:
            with contextlib.suppress(kt.KtError):
                compute.stop(wait=False)


def printed(compute, source, **how):
    """Run a cell on a compute, and return what it printed."""
    texts = []
    done = compute.start_cell(source, **how).follow(lambda event: texts.append(getattr(event, "text", "")))
    assert done.status == "ok", (done, "".join(texts))
    return "".join(texts)


class Voice:
    """Hears what is said while something is done, and acts on what is printed."""

    def __init__(self):
        self.notices, self.lines, self.outcomes = [], [], []
        self._stopping = threading.Event()

    def notice(self, line):
        self.notices.append(line)

    def progress(self, line):
        self.lines.append(line)
        if "nterrupting" in line:
            self._stopping.set()

    def tick(self, line):
        pass

    def outcome(self, line, *, bare):
        self.outcomes.append((line, bare))

    @contextlib.contextmanager
    def on(self, text, act):
        """Act, once, when a text is printed in the block."""
        printed = threading.Event()
        acting = threading.Thread(target=lambda: printed.wait(HEARS_WITHIN) and act())
        acting.start()
        with contextlib.redirect_stdout(_Listening(sys.stdout, text, printed)):
            yield
        acting.join()

    def stop_on(self, text, *, times=1):
        """Press Jupyter's Stop when a text is printed, and again when it is told that this is under way."""

        def press():
            os.kill(os.getpid(), signal.SIGINT)
            for _ in range(times - 1):
                self._stopping.wait(HEARS_WITHIN)
                os.kill(os.getpid(), signal.SIGINT)

        return self.on(text, press)


class _Listening(io.TextIOBase):
    """Standard output, with an ear."""

    def __init__(self, to, text, printed):
        self._to, self._text, self._printed = to, text, printed

    def write(self, text):
        if self._text in text:
            self._printed.set()
        return self._to.write(text)

    def flush(self):
        self._to.flush()
