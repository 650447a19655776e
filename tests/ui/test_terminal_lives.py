"""The shell lives in its pod: kernels, servers, networks and windows come and go, and nobody gets another's."""

import re
import signal

import pytest
from playwright.sync_api import expect

from tests.terminals import Cable
from tests.ui.lab import TOKEN, Notebook
from tests.ui.terminals import Tab


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["stopped", "killed"])
def test_after_jupyter_was_restarted_it_is_the_same_shell_and_what_was_missed_is_shown(lab, ssh, tab, how):
    tab.enter("mine=9; (sleep 2; echo mean-$mine-while) & echo be-$((40 + 2))-gun")
    tab.shows("be-42-gun")  # a server that is killed takes with it what was typed and is still on its way
    lab.end(how)
    lab.start()
    tab.shows("mean-9-while")
    tab.shows("Jupyter was restarted. This is the same shell")
    tab.enter("echo still-$mine")
    tab.shows("still-9")
    expect(tab.labels).to_have_count(1)


def test_a_kernels_restart_does_not_touch_it(ssh, page, tab):
    tab.enter("mine=5")
    ssh.source(1).click()  # else the menu is the terminal's
    page.get_by_text("Kernel", exact=True).first.click()
    page.get_by_text("Restart Kernel…", exact=True).click()
    page.locator(".jp-Dialog .jp-mod-accept").click()
    ssh.run(1)
    expect(ssh.output(1)).to_contain_text("it was open: the same shell")
    tab.enter("echo still-$mine")
    tab.shows("still-5")
    expect(tab.labels).to_have_count(1)


def test_when_the_pages_network_was_away_the_scrollback_is_there_once(lab, page, volume, tab):
    cable = Cable("127.0.0.1", lab.port)
    try:
        page.goto(f"http://127.0.0.1:{cable.port}/lab/tree/{_ssh(lab, volume)}?token={TOKEN}&reset")
        Notebook(page).run(0)
        tab.is_open()
        tab.enter("echo be-$((40 + 2))-fore; (sleep 1; echo mean-$((40 + 2))-while) &")
        tab.shows("be-42-fore")
        cable.cut()
        cable.mend()
        tab.shows("mean-42-while")
        tab.enter("echo af-$((40 + 2))-ter")
        tab.shows("af-42-ter")
        assert tab.screen.inner_text().count("be-42-fore") == 1
    finally:
        page.goto("about:blank")
        cable.close()


def test_of_two_windows_on_one_kernel_the_one_that_asked_opens_it(lab, page, context, volume, tab):
    name = _ssh(lab, volume)
    first = lab.show(page, name)
    expect(first.kernel).to_have_attribute("data-status", "idle")
    other = context.new_page()
    other.goto(f"{lab.url}/lab/tree/{name}?token={TOKEN}")
    second = Notebook(other)
    second.run(0)
    Tab(other, volume).is_open()
    expect(second.output(0)).to_contain_text(f"Terminal {volume} is open in a tab.")
    expect(tab.labels).to_have_count(0)
    first.run(0)
    tab.is_open()  # and asked for here it is here too, the same
    tab.enter("echo both-$((40 + 2))")
    Tab(other, volume).shows("both-42")
    other.close()


def test_of_two_notebooks_on_one_kernel_each_gets_the_tab_once(lab, page, volume, tab):
    name = _ssh(lab, volume)  # before the page is: it looks for new files every ten seconds
    lab.open(page, "1").run(0)
    (kernel,) = lab.ask("GET", "kernels")
    session = {"path": name, "name": name, "type": "notebook", "kernel": {"id": kernel["id"]}}
    lab.ask("POST", "sessions", session)
    page.locator(".jp-DirListing-item").filter(has_text=name).dblclick()
    second = Notebook(page)
    expect(second.cells).to_have_count(1)
    assert [each["id"] for each in lab.ask("GET", "kernels")] == [kernel["id"]]
    second.run(0)
    tab.is_open()
    expect(second.output(0)).to_contain_text(f"Terminal {volume} is open in a tab.")
    expect(tab.labels).to_have_count(1)


def test_a_console_opens_it_too(lab, page, volume, tab):
    lab.open(page, "")
    page.get_by_text("File", exact=True).first.click()
    page.get_by_text("New", exact=True).click()
    page.get_by_text("Console", exact=True).click()
    expect(page.locator(".jp-CodeConsole-promptCell .jp-InputPrompt")).to_have_text(re.compile(r"\[ ?\]:"))
    expect(page.locator(".jp-CodeConsole-banner")).to_contain_text("Python")  # by then there is a kernel to run it
    page.locator(".jp-CodeConsole-promptCell .cm-content").click()
    page.keyboard.type(f"%load_ext kt_jupyter\n%kt_volume ssh {volume}")
    page.keyboard.press("Shift+Enter")
    tab.is_open()


def _ssh(lab, volume):
    """A notebook that opens the terminal on a volume."""
    return lab.write(f"%load_ext kt_jupyter\n%kt_volume ssh {volume}")
