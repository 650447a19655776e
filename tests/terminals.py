"""A program on a pty, as a person at a terminal has it, and a network that can be pulled out."""

import contextlib
import fcntl
import os
import pty
import re
import select
import socket
import struct
import subprocess
import sys
import termios
import threading
import time

_ESCAPES = re.compile(rb"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07]*\x07|\x1b[=>]")
_PATIENCE = 40  # seconds; a busy machine, a slow cluster


class Terminal:
    """`python -m kt_jupyter.terminal.attach …` on a pty, or another module."""

    def __init__(self, *words, env, columns=80, rows=24, module="kt_jupyter.terminal.attach"):
        self.fd, inner = pty.openpty()
        self._inner = inner  # kept open: to look at its settings after the program is gone
        self.resize(columns, rows)
        self.before = termios.tcgetattr(inner)
        self.raw = b""
        argv = [sys.executable, "-m", module, *words]
        self.process = subprocess.Popen(
            argv,
            stdin=inner,
            stdout=inner,
            stderr=inner,
            env=env,
            start_new_session=True,
            preexec_fn=_controlling,  # noqa: PLW1509 - one system call, nothing that a lock could hold up
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.fd)
        os.close(self._inner)

    @property
    def text(self):
        """What it printed, without escape sequences."""
        return _ESCAPES.sub(b"", self.raw).replace(b"\r", b"").decode(errors="replace")

    def type(self, text):
        os.write(self.fd, text.encode())

    def enter(self, line):
        self.type(line + "\r")

    def resize(self, columns, rows):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def shows(self, wanted, *, times=1):
        """Wait until a text has been printed."""
        self._read_until(lambda: self.text.count(wanted) >= times, wanted)

    def gets(self, wanted, *, times=1):
        """Wait until these bytes have come."""
        self._read_until(lambda: self.raw.count(wanted) >= times, wanted)

    def ended(self):
        """Wait for the program's end, read what it said last, and return its exit status."""
        self._read_until(lambda: self.process.poll() is not None, "its end")
        while self._read(0):
            pass
        return self.process.returncode

    def settings(self):
        return termios.tcgetattr(self._inner)

    def _read_until(self, condition, wanted):
        deadline = time.monotonic() + _PATIENCE
        while not condition():
            assert time.monotonic() < deadline, f"waited for {wanted!r}; the terminal shows:\n{self.text}"
            self._read(0.05)

    def _read(self, seconds):
        ready = bool(select.select([self.fd], [], [], seconds)[0])
        if ready:
            self.raw += os.read(self.fd, 65536)
        return ready


def _controlling():
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class Cable:
    """A TCP proxy in front of an API server; `cut` breaks what is open and refuses what comes, until `mend`."""

    def __init__(self, host, port, *, listen="127.0.0.1"):
        self._upstream = (host, port)
        self._listener = socket.create_server((listen, 0))
        self.port = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._open = []
        self._is_cut = False
        self._slow = 0
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def cut(self):
        with self._lock:
            self._is_cut = True
            for end in self._open:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def mend(self, *, slow=0):
        """Let connections through again; each begins so many seconds later."""
        with self._lock:
            self._is_cut = False
            self._slow = slow

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        for thread in self._threads:
            thread.join(5)
        for end in self._open:
            end.close()

    def _accept(self):
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                try:
                    far = None if self._is_cut else socket.create_connection(self._upstream)
                except OSError:
                    far = None
                if far is None:
                    near.close()
                    continue
                self._open += [near, far]
            for pair in ((near, far), (far, near)):
                thread = threading.Thread(target=self._copy, args=pair)
                self._threads.append(thread)
                thread.start()

    def _copy(self, source, sink):
        time.sleep(self._slow)
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)
