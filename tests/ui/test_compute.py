"""A cell on a pod, as a person sees it: it streams, the Stop button stops it, and the next cell finds its variables."""

import uuid

import pytest
from playwright.sync_api import expect

from tests.ui.test_volumes import LOAD

ON_A_POD = "%%kt_compute --cpus 0.5 --memory 256Mi\n"
COUNTING = "import time\nfor i in range(6000):\n    print('tick', i, flush=True)\n    time.sleep(0.1)"
RICH = "class Bold:\n    def _repr_html_(self): return '<b>as it is there</b>'\nBold()"


@pytest.fixture
def notebook(lab, page):
    """A notebook whose first cell has loaded the extension."""

    def open_(*cells):
        notebook = lab.open(page, LOAD, *cells)
        notebook.run(0)
        return notebook

    return open_


def test_a_cell_streams_and_the_stop_button_stops_it(notebook, page):
    shown = notebook(ON_A_POD + COUNTING, ON_A_POD + "i > 0")
    shown.start(1)
    expect(shown.output(1)).to_contain_text("tick 3")
    page.get_by_role("button", name="Interrupt the kernel").click()
    expect(shown.output(1)).to_contain_text("Its variables are kept")
    expect(shown.output(1)).to_contain_text("KeyboardInterrupt")
    shown.wait_until_ran(1)
    shown.run(2)
    expect(shown.output(2)).to_contain_text("True")


def test_the_line_below_says_where_it_ran_and_how_long(notebook):
    shown = notebook(ON_A_POD + "print('there')")
    shown.run(1)
    expect(shown.output(1)).to_contain_text("✓ scheduled on kt-local")
    expect(shown.output(1)).to_contain_text("there")
    expect(shown.output(1)).to_contain_text("on kt-local · ")


def test_what_is_displayed_there_is_displayed_here(notebook):
    shown = notebook(ON_A_POD + RICH)
    shown.run(1)
    expect(shown.output(1).locator("b", has_text="as it is there")).to_be_visible()


def test_a_card_and_the_table_say_what_is_true_now(notebook, page):
    name = f"live-{uuid.uuid4().hex[:6]}"
    describe = f"import kt_jupyter as kt\ncompute = kt.Compute(name='{name}', cpus=0.5, memory='256Mi')\ncompute"
    shown = notebook(describe, "%kt_compute", "compute.start(); None", "compute.stop(); None")
    shown.run(1)
    shown.run(2)
    expect(shown.output(1)).to_contain_text("○ Not started")
    expect(shown.output(2)).not_to_contain_text(name)
    shown.run(3)
    expect(shown.output(1)).to_contain_text("● Running")
    expect(shown.output(2)).to_contain_text(name)
    shown.run(4)
    expect(shown.output(1)).to_contain_text("○ Not started")
    expect(shown.output(2)).not_to_contain_text(name)
