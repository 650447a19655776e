"""A real IPython shell with the extension loaded, and what it would show."""

import atexit
from contextlib import contextmanager

from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config


class Shell:
    """Runs cells as a person would, and gives what came of them."""

    def __init__(self):
        # No history: it would be written to the person's own file, by a thread of its own.
        self.ip = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
        self.ip.run_line_magic("load_ext", "kt_jupyter")

    def run(self, cell):
        """Run a cell; its last value, or its error."""
        result = self.ip.run_cell(cell)
        result.raise_error()
        return result.result

    def shown(self, value):
        """The text that a cell ending in the value shows."""
        return self.ip.display_formatter.format(value)[0]["text/plain"]

    def html(self, value):
        """The HTML that a cell ending in the value shows."""
        return self.ip.display_formatter.format(value)[0]["text/html"]

    def complete(self, line):
        """What Tab offers at the end of the line."""
        with provisionalcompleter():
            return [each.text for each in self.ip.Completer.completions(line, len(line)) if each.text]

    def close(self):
        """Take the extension away."""
        self.ip.run_line_magic("unload_ext", "kt_jupyter")


@contextmanager
def opened():
    """A shell that is closed again, IPython's traces included."""
    shell = Shell()
    yield shell
    shell.close()
    shell.ip.atexit_operations()
    atexit.unregister(shell.ip.atexit_operations)  # a second time it does not bear
