"""Which cell `%kt_compute attach` means."""

import pytest

import kt_jupyter as kt
from kt_jupyter.compute.session import WorkInfo
from kt_jupyter.notebook.compute.choosing import chosen


def cell(id_, count, state="done"):
    return WorkInfo(
        id=id_, kind="cell", label="x = 1", state=state, status="", started=0.0, ended=None, printed=0, count=count
    )


CELLS = [cell("a1f0", 6), cell("6b77", 7), cell("c0de", 8)]


@pytest.mark.parametrize("wanted", ["6", "[6]", "a1", "a1f0"])
def test_a_cell_is_named_by_its_number_or_by_the_beginning_of_its_id(wanted):
    assert chosen("here", CELLS, wanted).count == 6


def test_a_number_is_a_number_even_if_a_later_id_begins_with_it():
    assert chosen("here", CELLS, "6").id == "a1f0"
    assert chosen("here", CELLS, "6b").id == "6b77"


def test_of_several_cells_with_one_number_the_latest_is_meant():
    assert chosen("here", [*CELLS, cell("d00d", 6)], "6").id == "d00d"


def test_without_a_name_it_is_the_one_that_runs_else_the_last():
    assert chosen("here", CELLS, None).id == "c0de"
    assert chosen("here", [cell("beef", 5, "running"), *CELLS], None).id == "beef"


def test_what_is_not_there_is_refused_with_the_last_that_are():
    with pytest.raises(kt.InvalidInput, match=r'(?s)"here" remembers no cell 9.*c0de \[8\] x = 1'):
        chosen("here", CELLS, "9")
    with pytest.raises(kt.InvalidInput, match='no cell has run on compute "here" yet'):
        chosen("here", [], "9")
