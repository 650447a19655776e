"""Views written as text and as HTML: alignment, marks, and nothing hostile gets through."""

import re
import time
from html.parser import HTMLParser

from kt_jupyter.notebook.views.blocks import (
    GOOD,
    PROBLEM,
    WAITING,
    Code,
    Column,
    Exact,
    Facts,
    Heading,
    Next,
    Note,
    Paste,
    Row,
    Table,
    View,
)
from kt_jupyter.notebook.views.html import to_html
from kt_jupyter.notebook.views.text import to_text

CARD = View(
    (
        Heading("Volume", "my-data", WAITING, "Waiting for first use"),
        Facts((Exact("10 Gi", "10Gi = 10,737,418,240 bytes"), "RWO", ("class ", "standard"))),
        Note(("To see all: ", Paste("%kt_volume"))),
        Next(("%kt_volume show my-data", "%kt_volume delete my-data")),
    )
)
TABLE = View(
    (
        Table(
            "Volumes in team-a",
            (Column("NAME"), Column("SIZE", right=True), Column("STATUS", wide=True)),
            (
                Row(PROBLEM, ("raw", Exact("1 Ti", "1Ti"), "Problem: class gp9 does not exist")),
                Row(GOOD, ("checkpoints", "50 Gi", "Bound")),
            ),
        ),
    )
)
HOSTILE = "</td><script>alert(1)</script>\x1b]0;owned\x07\u202eevil\nsecond line \"quoted\" 'single'"


class Markup(HTMLParser):
    """Collects what a browser would see as tags, attributes and text."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.words = [], [], []
        self.feed(re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL))

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.words.append(data)


def test_a_card_reads_well_as_text():
    assert (
        to_text(CARD)
        == """\
Volume my-data    ◌ Waiting for first use
10 Gi · RWO · class standard
To see all: %kt_volume
next: %kt_volume show my-data   ·   %kt_volume delete my-data"""
    )


def test_a_table_is_aligned_and_sizes_stand_right():
    assert (
        to_text(TABLE)
        == """\
Volumes in team-a
  NAME          SIZE  STATUS
▲ raw           1 Ti  Problem: class gp9 does not exist
● checkpoints  50 Gi  Bound"""
    )


def test_html_says_what_the_text_says():
    words = [re.sub(r"[\s·]+", "", said) for said in ("".join(Markup(to_html(CARD)).words), to_text(CARD))]
    assert words[0] == words[1]


def test_suggested_commands_can_be_inserted_by_a_click():
    inserts = [value for name, value in Markup(to_html(CARD)).attributes if name == "data-kt-insert"]
    assert inserts == ["%kt_volume", "%kt_volume show my-data", "%kt_volume delete my-data"]


def test_the_exact_value_is_there_on_hover():
    assert ("title", "10Gi = 10,737,418,240 bytes") in Markup(to_html(CARD)).attributes


def test_states_have_a_shape_that_screen_readers_leave_out():
    assert ("aria-hidden", "true") in Markup(to_html(TABLE)).attributes


def hostile_view():
    return View(
        (
            Heading(HOSTILE, HOSTILE, GOOD, HOSTILE),
            Facts((HOSTILE, Exact(HOSTILE, HOSTILE))),
            Note((HOSTILE, Paste(HOSTILE))),
            Next((HOSTILE,)),
            Code(HOSTILE),
            Table(HOSTILE, (Column(HOSTILE),), (Row(GOOD, (HOSTILE,)),)),
        )
    )


def test_what_others_wrote_never_becomes_markup():
    tags = Markup(to_html(hostile_view())).tags
    assert "script" not in tags
    assert set(tags) <= {"div", "span", "b", "code", "pre", "table", "thead", "tbody", "tr", "th", "td"}


def test_what_others_wrote_never_reaches_an_attribute_unquoted():
    names = {name for name, _ in Markup(to_html(hostile_view())).attributes}
    assert names <= {"class", "title", "data-kt-insert", "aria-hidden", "aria-label", "scope"}


def test_control_characters_reach_neither_terminal_nor_browser():
    for written in (to_text(hostile_view()), to_html(hostile_view())):
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", written)


def test_a_line_break_in_a_message_makes_no_new_row():
    table = Table("", (Column("STATUS"),), (Row(GOOD, ("one\ntwo",)),))
    assert to_text(View((table,))).splitlines()[1:] == ["● one two"]


def test_a_long_reason_is_cut_in_the_text_and_whole_in_html():
    view = View((Table("", (Column("STATUS", wide=True), Column("AGE")), (Row(GOOD, ("word " * 40, "3 d")),)),))
    assert to_text(view).endswith("…  3 d")
    assert ("word " * 40).strip() in to_html(view)


def test_the_last_column_is_never_cut():
    view = View((Table("", (Column("DETAILS"),), (Row(GOOD, ("word " * 40,)),)),))
    assert to_text(view).endswith("● " + ("word " * 40).strip())


def test_an_empty_table_still_has_its_header():
    assert to_text(View((Table("None", (Column("NAME"),), ()),))) == "None\n  NAME"


def test_five_hundred_rows_take_less_than_a_blink():
    rows = [Row(GOOD, (f"volume-{n}", Exact("50 Gi", "50Gi"), "Bound")) for n in range(500)]
    view = View((Table("Volumes", TABLE.blocks[0].columns, rows),))
    begin = time.process_time()  # not the clock on the wall: the machine may be busy with other things
    to_text(view), to_html(view)
    assert time.process_time() - begin < 0.15


def test_colours_come_from_the_page_and_have_a_fallback():
    html = to_html(CARD)
    assert re.findall(r"var\(--jp-[\w-]+\)", html) == []
    assert "prefers-color-scheme" not in html
