"""A terminal on a pod, in a JupyterLab tab: what a person sees, and that it can only be the pod's shell."""

import json
import re

import pytest
from playwright.sync_api import expect

# A helper pod as volumes make it, and the request for its terminal.
OPEN = """
import kt_jupyter as kt
from kt_jupyter.kube import JOBS, PODS, current
from kt_jupyter.terminal import Target, open_terminal
cluster = current()
def opened(name):
    container = {"name": "c", "image": "alpine:latest", "imagePullPolicy": "IfNotPresent", "stdin": True, "tty": True,
        "command": ["sh", "-c", "echo the banner; cd /tmp; export PS1='ready> '; exec sh -i"]}
    labels = {"app.kubernetes.io/managed-by": "kt-jupyter", "ui": name}
    spec = {"restartPolicy": "Never", "terminationGracePeriodSeconds": 1, "containers": [container]}
    cluster.create(JOBS, {"metadata": {"name": name}, "spec": {"backoffLimit": 0, "activeDeadlineSeconds": 900,
        "template": {"metadata": {"labels": labels}, "spec": spec}}})
    with cluster.watch(PODS, label_selector=f"ui={name}") as watch:
        pod = watch.next(timeout=30).object["metadata"]["name"]
    open_terminal(Target.of(cluster, pod, title=name))
    return pod
"""
GONE = "cluster.wait_for(PODS, pod, lambda found: found is None or None, timeout=20)"
KEPT = re.compile("/lab/api/workspaces/")  # where JupyterLab keeps its layout, a moment after it changes


@pytest.fixture
def name(request):
    return "t" + re.sub(r"[^a-z0-9]+", "-", request.node.name.lower())[-30:].strip("-")


class Tab:
    """The terminal's tab."""

    def __init__(self, page):
        self.page = page
        # Terminals draw on a canvas; screen-reader mode keeps their text in the page too.
        self.screen = page.locator(".jp-Terminal .xterm-accessibility-tree")
        self.tabs = page.locator(".lm-DockPanel-tabBar .lm-TabBar-tabLabel")

    def shows(self, text):
        expect(self.screen).to_contain_text(text, timeout=30_000)

    def enter(self, line):
        self.page.locator(".jp-Terminal .xterm-helper-textarea").focus()
        self.page.keyboard.type(line)
        self.page.keyboard.press("Enter")


@pytest.fixture
def tab(page):
    return Tab(page)


def test_a_cell_opens_a_tab_beside_the_notebook_with_the_pods_shell(lab, page, tab, name):
    notebook = lab.open(page, f"{OPEN}\nopened('{name}')")
    notebook.run(0)
    tab.shows("the banner")
    expect(tab.tabs.filter(has_text=name)).to_have_count(1)
    tab.enter("echo sum-$((40 + 2)) in $PWD")
    tab.shows("sum-42 in /tmp")
    expect(notebook.output(0)).to_contain_text(f"Terminal {name} is open in a tab.")
    expect(notebook.cells.first).to_be_visible()


def test_after_a_reload_the_scrollback_is_there_and_the_shell_is_the_same(lab, page, tab, name):
    lab.open(page, f"{OPEN}\nopened('{name}')").run(0)
    tab.shows("the banner")
    with page.expect_response(KEPT):
        tab.enter("mine=7; echo before-$mine")
        tab.shows("before-7")
    page.goto(page.url.partition("?")[0])
    tab.shows("before-7")
    tab.enter("echo after-$mine")
    tab.shows("after-7")


def test_exit_closes_the_tab_and_removes_the_pod(lab, page, tab, name):
    notebook = lab.open(page, f"{OPEN}\npod = opened('{name}')", GONE)
    notebook.run(0)
    tab.shows("the banner")
    tab.enter("exit")
    expect(tab.tabs.filter(has_text=name)).to_have_count(0)
    notebook.run(1)
    expect(notebook.output(1)).to_contain_text("True")


def test_a_refusal_is_said_under_the_cell_with_the_command_to_paste(lab, page, tab):
    notebook = lab.open(page, f"{OPEN}\nopen_terminal(Target.of(cluster, 'never-was', title='my-data'))")
    notebook.run(0)
    expect(notebook.output(0)).to_contain_text('there is no Pod "never-was"')
    expect(notebook.output(0)).to_contain_text("python -m kt_jupyter.terminal.attach")


def test_a_dead_tab_is_not_restored_as_a_shell_on_the_jupyter_host(lab, page, tab, name):
    notebook = lab.open(page, f"{OPEN}\npod = opened('{name}')", GONE)
    with page.expect_response(KEPT):  # the layout, with the tab in it
        notebook.run(0)
        tab.shows("the banner")
    layout = page.url.partition("?")[0]
    page.goto("about:blank")
    (terminal,) = [
        one["name"] for one in json.loads(lab.ask("GET", "terminals")) if name[:20].replace("-", "_") in one["name"]
    ]
    lab.ask("DELETE", f"terminals/{terminal}")
    page.goto(layout)
    notebook.run(1)  # terminate ends the pod too
    expect(notebook.output(1)).to_contain_text("True")
    page.goto(layout)
    expect(notebook.cells.first).to_be_visible()
    expect(tab.tabs.filter(has_text=name)).to_have_count(0)
    assert terminal not in [one["name"] for one in json.loads(lab.ask("GET", "terminals"))]
