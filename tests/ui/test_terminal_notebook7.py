"""In Notebook 7 a terminal is a browser tab: opened where the browser lets us, and always a link."""

import pytest
from playwright.sync_api import expect

from tests.ui.conftest import made_volume
from tests.ui.terminals import Tab


@pytest.fixture
def volume(notebook7):
    cluster = notebook7.cluster()
    with made_volume(cluster) as name:
        yield name
    cluster.close()


def test_it_opens_and_the_link_leads_there_too(notebook7, page, context, volume):
    notebook = notebook7.open(page, f"%load_ext kt_jupyter\n%kt_volume ssh {volume}")
    with context.expect_page() as opened:
        notebook.run(0)
    shell = Tab(opened.value, volume)
    expect(shell.screen).to_have_text(shell.prompt)
    shell.enter("mine=7")
    opened.value.close()
    with context.expect_page() as opened:
        notebook.output(0).get_by_role("link", name=f"Terminal {volume}").click()
    shell = Tab(opened.value, volume)
    shell.enter("echo still-$mine")
    shell.shows("still-7")
    opened.value.close()


def test_where_the_browser_forbids_it_there_is_the_link(notebook7, page, context, volume):
    page.add_init_script("window.open = () => null")
    notebook = notebook7.open(page, f"%load_ext kt_jupyter\n%kt_volume ssh {volume}")
    notebook.run(0)
    with context.expect_page() as opened:
        notebook.output(0).get_by_role("link", name=f"Terminal {volume}").click()
    shell = Tab(opened.value, volume)
    expect(shell.screen).to_have_text(shell.prompt)
    opened.value.close()
