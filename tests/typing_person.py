"""A person at a terminal: starts a program on a pty, types, reads what appears, makes the window larger."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time

PATIENCE = 30.0  # seconds for something to appear


class Terminal:
    """One program on a terminal of its own. A context manager: at the end the program is killed."""

    def __init__(self, command, *, columns=80, rows=24, env=None):
        self._master, slave = pty.openpty()
        self._set_size(columns, rows)
        self._process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True, env=env
        )
        os.close(slave)
        self.shown = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.leave()
        os.close(self._master)

    def type(self, text):
        os.write(self._master, text.encode())

    def sees(self, wanted):
        """Read until a text appears; what was read up to its end. Later calls go on from there."""
        ends = time.monotonic() + PATIENCE
        while wanted.encode() not in self.shown:
            assert self._read(ends), f"{wanted!r} did not appear in {self.shown!r}"
        before, _, self.shown = self.shown.partition(wanted.encode())
        return before.decode() + wanted

    def resize(self, columns, rows):
        self._set_size(columns, rows)
        self._process.send_signal(signal.SIGWINCH)

    def ended(self):
        """Read to the end; the exit code and the rest of what was shown."""
        ends = time.monotonic() + PATIENCE
        while self._read(ends):
            pass
        return self._process.wait(PATIENCE), self.shown.decode()

    def leave(self):
        """Go without a word, as when a laptop is closed."""
        self._process.kill()
        self._process.wait(PATIENCE)

    def _read(self, ends):
        ready, _, _ = select.select([self._master], [], [], max(ends - time.monotonic(), 0))
        if not ready:
            return False
        try:
            chunk = os.read(self._master, 65536)
        except OSError:  # nobody has the terminal open any more
            return False
        self.shown += chunk
        return True

    def _set_size(self, columns, rows):
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
