"""Views are registered by name: the names must be true."""

import importlib

import pytest
from IPython.core.formatters import DisplayFormatter

from kt_jupyter.notebook.formatters import _SHOWN_BY, register_formatters, unregister_formatters
from kt_jupyter.volumes import VolumeList


class Shell:
    """As much of a shell as displays things."""

    def __init__(self):
        self.display_formatter = DisplayFormatter()

    def shows(self, value):
        return self.display_formatter.format(value)[0]


@pytest.mark.parametrize(("module", "name"), _SHOWN_BY, ids=[name for _, name in _SHOWN_BY])
def test_the_type_and_its_view_exist_under_their_names(module, name):
    assert getattr(importlib.import_module(module), name).__module__ == module
    view_module, _, function = _SHOWN_BY[module, name].partition(":")
    assert callable(getattr(importlib.import_module(view_module), function))


def test_registered_objects_are_shown_as_text_and_html():
    shell = Shell()
    register_formatters(shell)
    shown = shell.shows(VolumeList([], namespace="team-a", context="kind-dev"))
    assert shown["text/plain"].startswith("No volumes in team-a (kind-dev) yet.")
    assert shown["text/html"].startswith('<div class="kt-view">')


def test_registering_twice_is_as_good_as_once_and_can_be_undone():
    shell = Shell()
    register_formatters(shell)
    register_formatters(shell)
    shell.shows(VolumeList([], namespace="team-a"))
    unregister_formatters(shell)
    assert "text/html" not in shell.shows(VolumeList([], namespace="team-a"))
