"""A tab that cannot be, is not: what is said instead, and that no tab of ours is ever a shell on the Jupyter host."""

import json
import re
import signal

import pytest
from playwright.sync_api import expect

import kt_jupyter

ROUTE = re.compile("/kt_jupyter/terminals")
VERSION = kt_jupyter.__version__
ABSENT = "from kt_jupyter.terminal import Target, open_terminal\n"
ABSENT += "open_terminal(Target('default', 'never-was', title='my-data', local=True))"


def test_a_refusal_is_said_under_the_cell_with_the_command_to_paste(lab, page):
    notebook = lab.open(page, ABSENT)
    notebook.run(0)
    expect(notebook.output(0)).to_contain_text('there is no Pod "never-was"')
    expect(notebook.output(0)).to_contain_text("python -m kt_jupyter.terminal.attach")


def test_a_kernel_of_another_version_is_told_what_to_run(lab, page):
    notebook = lab.open(page, f"import kt_jupyter\nkt_jupyter.__version__ = '0.0.1'\n{ABSENT}")
    notebook.run(0)
    expect(notebook.output(0)).to_contain_text(f"kt_jupyter is 0.0.1 in the kernel and {VERSION} in this page")
    expect(notebook.output(0)).to_contain_text("pip install --upgrade kt_jupyter")


def test_a_server_of_another_version_is_told_what_to_run(lab, page):
    page.route(ROUTE, lambda route: route.fulfill(json={"version": "0.0.1", "name": "kt_x", "terminals": []}))
    notebook = lab.open(page, ABSENT)
    notebook.run(0)
    expect(notebook.output(0)).to_contain_text(f"kt_jupyter is 0.0.1 in the Jupyter server and {VERSION} in this page")
    expect(notebook.output(0)).to_contain_text("pip install --upgrade kt_jupyter")


@pytest.fixture
def without_our_part(lab):
    """JupyterLab without kt_jupyter's part of the server."""

    def restart():
        lab.end(signal.SIGKILL)
        lab.start("--ServerApp.jpserver_extensions={'kt_jupyter': False}")

    yield restart
    lab.end(signal.SIGKILL)
    lab.start()


def test_a_server_without_our_part_is_told_what_to_run(lab, page, without_our_part):
    without_our_part()
    notebook = lab.open(page, ABSENT)
    notebook.run(0)
    expect(notebook.output(0)).to_contain_text("the Jupyter server does not run kt_jupyter's part")
    expect(notebook.output(0)).to_contain_text("pip install kt_jupyter")


@pytest.fixture
def layout(lab, page, ssh, tab):
    """Leave a page with the tab of a terminal, which it would restore; its address, and the terminal's name."""
    address = page.url.partition("?")[0]
    (terminal,) = [each["name"] for each in lab.ask("GET", "terminals")]
    lab.keeps(terminal)
    page.goto("about:blank")
    return address, terminal


def test_a_dead_tab_is_not_restored_as_a_shell_on_the_jupyter_host(lab, page, tab, layout, pods_of):
    address, terminal = layout
    pods = pods_of()
    lab.ask("DELETE", f"terminals/{terminal}")
    page.goto(address)
    expect(page.locator(".jp-NotebookPanel")).to_be_visible()
    expect(page.locator(".jp-Terminal")).to_have_count(0)
    tab.is_gone()
    assert lab.ask("GET", "terminals") == []
    pods.are_gone()


def test_nor_is_it_by_a_server_without_our_part(lab, page, tab, layout, without_our_part):
    address, terminal = layout
    without_our_part()
    with page.expect_response(lambda response: _is_end_of(terminal, response)):
        page.goto(address)
    expect(page.locator(".jp-NotebookPanel")).to_be_visible()
    expect(page.locator(".jp-Terminal")).to_have_count(0)
    tab.is_gone()
    assert lab.ask("GET", "terminals") == []


def _is_end_of(terminal, response):
    return response.request.method == "DELETE" and response.url.partition("?")[0].endswith(terminal)


def test_the_shell_survives_a_page_that_cannot_ask_the_server_about_its_tab(lab, page, tab, layout):
    address, terminal = layout
    page.route(ROUTE, lambda route: route.fulfill(status=502, body=json.dumps({"message": "bad gateway"})))
    page.goto(address)
    tab.is_open()
    assert [each["name"] for each in lab.ask("GET", "terminals")] == [terminal]
