"""The extension in a real Jupyter kernel, heard as a front end hears it."""

import pytest

from tests.kernels import ANSWERS_WITHIN
from tests.kernels import kernel as started

PROGRESS = "from kt_jupyter import reporting\nreporting.progress('waiting')\nreporting.progress('done')"
OUTCOME = "from kt_jupyter import reporting\nreporting.outcome('done 0.6 s', bare='done')"


@pytest.fixture(scope="module")
def kernel(_local_directory, cluster, tmp_path_factory):
    """A kernel on the embedded cluster, with the extension loaded."""
    if not cluster.is_local:
        pytest.skip("a kernel of its own finds the embedded cluster only")
    home = tmp_path_factory.mktemp("kernel-home")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("KUBECONFIG", raising=False)
        with started(home, KT_JUPYTER_LOCAL_DIR=str(_local_directory)) as kernel:
            yield kernel


def displays(messages):
    return [(each["msg_type"], each["content"]["data"]["text/plain"]) for each in messages]


def test_the_first_use_of_the_embedded_cluster_is_said_under_the_cell_not_in_red(kernel):
    notice, card = kernel.run("%kt_cluster")
    assert notice["msg_type"] == "display_data"
    assert notice["content"]["data"]["text/plain"].startswith("No cluster is configured: using the embedded local one.")
    assert card["msg_type"] == "execute_result"


def test_progress_changes_in_place_for_somebody_who_watches(kernel):
    messages = kernel.run(PROGRESS, watched=True)
    assert displays(messages) == [("display_data", "waiting"), ("update_display_data", "done")]
    assert len({message["content"]["transient"]["display_id"] for message in messages}) == 1


def test_the_next_cell_begins_a_line_of_its_own(kernel):
    kernel.run(PROGRESS, watched=True)
    assert displays(kernel.run(PROGRESS, watched=True))[0] == ("display_data", "waiting")


def test_without_anybody_watching_the_notebook_stays_as_it_is(kernel):
    assert kernel.run(PROGRESS) == []


def test_an_outcome_stays_and_the_next_wait_has_a_line_of_its_own(kernel):
    messages = kernel.run(f"{PROGRESS}\n{OUTCOME}\nreporting.progress('again')", watched=True)
    assert displays(messages)[2:] == [("update_display_data", "done 0.6 s"), ("display_data", "again")]


def test_an_outcome_without_anybody_watching_has_no_times(kernel):
    assert displays(kernel.run(OUTCOME)) == [("display_data", "done")]


def test_a_notice_stays_whoever_watches(kernel):
    (notice,) = kernel.run("reporting.notice('for one node: see `%kt_volume`')")
    assert 'data-kt-insert="%kt_volume"' in notice["content"]["data"]["text/html"]


def test_an_error_is_one_block_without_a_traceback(kernel):
    (error,) = kernel.run("%kt_volume create x --size 10GB --mount /data")
    shown = "\n".join(error["content"]["traceback"])
    assert error["content"]["ename"] == "InvalidQuantity"
    assert "Did you mean 10G or 10Gi?" in shown
    assert "Traceback" not in shown


def test_a_mistake_in_the_line_is_one_line(kernel):
    (said,) = kernel.run("%kt_volume creat")
    assert said["content"]["text"].startswith("UsageError: %kt_volume has no verb 'creat'. Close to it: create.")


def test_tab_knows_the_volumes(kernel):
    kernel.run("vol = %kt_volume create kernel-data --size 1Gi --mount /data --mode RWO")
    while "kernel-data" not in kernel.complete("again = %kt_volume show kern"):
        assert kernel.client.is_alive()
    kernel.run("vol.delete()")


def test_tab_without_anything_to_offer_offers_nothing_of_python(kernel):
    assert kernel.complete("%kt_volume create ") == []


def test_a_terminal_on_a_volume_is_asked_of_the_front_end_and_its_start_is_a_record_without_times(kernel):
    kernel.run("vol = %kt_volume create ssh-data --size 1Gi --mount /data --mode RWO")
    messages = kernel.run("shell = vol.ssh()")
    (asked,) = [each["content"] for each in messages if each["msg_type"] == "comm_open"]
    assert asked["target_name"] == "kt_jupyter:terminal"
    assert asked["data"]["title"] == "ssh-data"
    assert asked["data"]["pod"].startswith("kt-sh-ssh-data-")
    texts = [text for _, text in displays([each for each in messages if "data" in each["msg_type"]])]
    assert "✓ scheduled · ✓ volume bound · ✓ image ready · ✓ running" in texts
    kernel.run("shell.close(); vol.delete(force=True)")


START = "import kt_jupyter as kt\ncompute = kt.Compute(name='live', cpus=0.1, memory='128Mi').start()"


def test_a_table_of_computes_is_shown_anew_in_its_place_where_somebody_watches(kernel):
    (shown,) = kernel.run("%kt_compute", watched=True)
    place = shown["content"]["transient"]["display_id"]
    kernel.run(START)
    while True:
        message = kernel.client.get_iopub_msg(timeout=ANSWERS_WITHIN)
        content = message["content"]
        if message["msg_type"] == "update_display_data" and "● live" in content["data"]["text/plain"]:
            break
    kernel.run("compute.stop()")
    assert content["transient"]["display_id"] == place


def test_a_table_that_is_stored_is_the_cells_value(kernel):
    (shown,) = kernel.run("%kt_compute")
    assert shown["msg_type"] == "execute_result"
