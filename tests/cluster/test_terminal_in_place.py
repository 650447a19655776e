"""`vol.ssh()` where there are no tabs: in the terminal one is in, and where there is none, as a line to paste."""

import nbformat
import pytest
from nbclient import NotebookClient

from kt_jupyter.kube import CLAIMS, JOBS
from tests.cluster.workloads import IMAGE, claim
from tests.terminals import Terminal

SSH = 'import kt_jupyter as kt; term = kt.Volume.from_name("data", {!r}, "/data").ssh("{}")'


@pytest.fixture
def ssh(workloads):
    """What a person types."""
    workloads.make(CLAIMS, claim("data"))
    return SSH.format(workloads.namespace, IMAGE)


@pytest.mark.parametrize(
    ("module", "words"),
    [("IPython", ["--no-banner"]), ("jupyter_console", [])],
    ids=["plain IPython", "jupyter console"],
)
def test_in_a_terminal_it_is_that_terminal_until_the_shell_ends(ssh, environment, workloads, module, words):
    env = {**environment, "PROMPT_TOOLKIT_NO_CPR": "1"}  # nobody here says where the cursor is
    with Terminal(*words, module=module, env=env, columns=200) as terminal:
        terminal.shows("In [1]:")
        terminal.enter(ssh)
        terminal.shows("/data $ ")
        terminal.enter("echo sum-$((40 + 2)) in $PWD; stty size")
        terminal.shows("sum-42 in /data\n24 200\n")
        terminal.enter("echo wait-$((40 + 3)); until stty size | grep 31; do sleep 0.1; done")
        terminal.shows("wait-43\n")
        terminal.resize(101, 31)
        terminal.shows("31 101\n")  # without a key: the window is told of, not what is typed next
        terminal.enter("exit")
        terminal.shows("In [2]:")
        terminal.enter("print('back', 6 * 7)")
        terminal.shows("back 42")
        assert "Traceback" not in terminal.text
    for job in workloads.cluster.list(JOBS, namespace=workloads.namespace):
        workloads.gone(JOBS, job["metadata"]["name"])


def test_without_anybody_in_front_of_it_the_line_to_paste_is_shown(ssh, environment, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", environment["KUBECONFIG"])
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(ssh)])
    NotebookClient(notebook, timeout=45).execute()
    shown = "".join(output.get("data", {}).get("text/plain", "") for output in notebook.cells[0].outputs)
    assert "from any terminal:\n    python -m kt_jupyter.terminal.attach --" in shown
