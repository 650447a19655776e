"""A terminal on a volume, in a JupyterLab tab: what a person sees and does there."""

from playwright.sync_api import expect

from kt_jupyter.kube import PODS
from tests.ui.lab import PATIENCE


def test_a_cell_opens_a_tab_beside_the_notebook_in_the_volumes_directory(ssh, page, tab, volume):
    tab.shows(f"{volume} at /data, read-write; exit or 30 min detached ends it")
    tab.shows(f"pod kt-sh-{volume}-")
    expect(tab.textarea).to_be_focused()
    tab.enter("echo sum-$((40 + 2)) > file; cat file; pwd")
    tab.shows("sum-42")
    expect(ssh.output(0)).to_contain_text(f"Terminal {volume} is open in a tab.")
    notebook, terminal = ssh.cells.first.bounding_box(), tab.screen.bounding_box()
    assert notebook["x"] + notebook["width"] <= terminal["x"]


def test_the_shell_has_the_size_of_the_tab_whenever_it_changes(ssh, page, tab):
    page.set_viewport_size({"width": 1000, "height": 500})
    expect(tab.screen.locator("> div")).not_to_have_count(0)
    tab.enter("stty size")
    rows, columns = map(int, tab.read(r"stty size\s*(\d+) (\d+)"))
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(tab.screen.locator("> div")).not_to_have_count(rows)
    tab.enter("clear; stty size")
    more_rows, more_columns = map(int, tab.read(r"^\s*(\d+) (\d+)"))
    assert more_rows > rows
    assert more_columns > columns
    assert more_rows == tab.screen.locator("> div").count()


def test_after_a_reload_the_scrollback_is_there_once_and_the_shell_is_the_same(lab, ssh, page, tab):
    tab.enter("mine=7; echo before-$mine")
    tab.shows("before-7")
    lab.keeps(lab.ask("GET", "terminals")[0]["name"])
    page.goto(page.url.partition("?")[0])
    tab.is_open()
    tab.shows("before-7")
    tab.enter("echo after-$mine")
    tab.shows("after-7")
    text = tab.screen.inner_text()
    assert text.count("before-7") == 1
    assert "[" not in text  # nor has the replay made the page type what terminals answer


def test_ssh_again_offers_the_same_shell_in_the_same_tab(ssh, tab):
    tab.enter("mine=8")
    ssh.run(1)
    expect(ssh.output(1)).to_contain_text("it was open: the same shell")
    expect(tab.labels).to_have_count(1)
    tab.close()
    ssh.run(2)
    tab.is_open()
    tab.enter("echo still-$mine")
    tab.shows("still-8")


def test_asked_for_twice_at_once_it_opens_one_tab(lab, page, volume, tab):
    notebook = lab.open(page, "%load_ext kt_jupyter" + f"\n%kt_volume ssh {volume}" * 3)
    notebook.run(0)
    expect(notebook.output(0).get_by_text(f"Terminal {volume} is open in a tab.")).to_have_count(3)
    tab.is_open()


def test_exit_closes_the_tab_and_removes_the_pod(ssh, tab, pods_of):
    pods = pods_of()
    tab.enter("exit 3")
    tab.is_gone()
    assert pods.names
    pods.are_gone()


def test_terminate_removes_the_pod(ssh, page, tab, pods_of):
    pods = pods_of()
    tab.terminate()
    assert pods.names
    pods.are_gone()


def test_an_image_that_cannot_be_had_is_said_and_leaves_no_tab(lab, page, volume, tab, pods_of):
    notebook = lab.open(page, f"%load_ext kt_jupyter\n%kt_volume ssh {volume} --image no-such-image:1")
    notebook.run(0)
    expect(notebook.output(0)).to_contain_text("no-such-image:1", timeout=PATIENCE)
    expect(notebook.output(0)).not_to_contain_text("Traceback")
    tab.is_gone()
    pods_of().are_gone()


def test_a_pod_that_is_deleted_is_said_in_the_tab_which_stays_until_enter(ssh, page, tab, cluster, pods_of):
    (pod,) = pods_of().names
    cluster.delete(PODS, pod)
    tab.shows(f'there is no Pod "{pod}"')
    tab.shows("vol.ssh() opens another")
    tab.enter("")
    tab.is_gone()
