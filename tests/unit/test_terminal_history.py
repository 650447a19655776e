"""What a terminal that comes back shows of what was printed meanwhile: all of it, once, whatever repeats itself."""

import re

from hypothesis import example, given
from hypothesis import strategies as st

from kt_jupyter.terminal.history import History

PROMPT = "/data $ "
# Few different lines, so that they repeat: prompts, blank lines, ticks, busybox's question at each prompt, no ASCII.
LINES = st.sampled_from(["", "a", "b", "tick", f"{PROMPT}ls", f"{PROMPT}\x1b[6nls", "gr\u00fcn", "\x1b[32mok\x1b[0m"])
SHOWN = st.lists(LINES, max_size=12)
UNITS = re.compile(rb"\x1b\[\d+[mn]|\r\n|[\xc0-\xff][\x80-\xbf]|[^\x80-\xbf]|$")  # a connection does not break within
BEGUN = st.sampled_from(["", PROMPT, "a", "half a l"])


def shown(lines, begun=""):
    return "".join(f"{line}\r\n" for line in lines).encode() + begun.encode()


def logged(lines):
    return "".join(f"{line}\n" for line in lines).encode()


def coming_back(seen, log, arrived=b""):
    history = History()
    history.saw(seen)
    return history.missed(log, arrived)


def plain(data):
    return data.replace(b"\x1b[6n", b"")


@given(SHOWN, SHOWN)
@example(["a"], ["b", "a"])
@example(["tick"], ["tick"] * 5)
@example([f"{PROMPT}ls", "a"], ["", f"{PROMPT}ls", "a"])
def test_all_that_was_missed_is_shown_once(seen, missed):
    assert coming_back(shown(seen), logged(seen + missed)) == plain(shown(missed))


@given(SHOWN, BEGUN, st.text("lsx", max_size=3), SHOWN)
def test_a_line_that_had_begun_is_finished(seen, begun, rest, missed):
    log = logged([*seen, begun + rest, *missed])
    assert coming_back(shown(seen, begun), log) == plain(shown([rest, *missed]))


@given(SHOWN, SHOWN, SHOWN, BEGUN)
def test_what_the_new_connection_brought_is_not_shown_before_it_as_well(seen, missed, arrived, begun):
    back = coming_back(shown(seen), logged(seen + missed + arrived), shown(arrived, begun))
    assert back == plain(shown(missed))


@given(st.lists(LINES, min_size=1, max_size=20), st.data())
def test_over_any_number_of_connections_nothing_is_lost_and_nothing_comes_twice(lines, data):
    printed = shown(lines)
    places = st.sampled_from([each.start() for each in UNITS.finditer(printed)])
    cuts = sorted(data.draw(st.lists(places, min_size=2, max_size=8)))
    history, left = History(), 0
    for came, gone in zip(cuts[::2], cuts[1::2], strict=False):
        whole = printed.rfind(b"\n", 0, came) + 1  # what the log has by then
        back = history.missed(plain(printed[:whole]).replace(b"\r", b""), b"")
        missed, begun = printed[left : max(whole, left)], printed[printed.rfind(b"\n", 0, left) + 1 : left]
        assert back.endswith(plain(missed))
        # Of a line that was begun before anybody looked more may be shown than was missed, but no other line.
        assert plain(begun).endswith(back.removesuffix(plain(missed)))
        assert missed or not back
        history.saw(printed[came:gone])
        left = gone


@given(st.lists(LINES, max_size=6), SHOWN, st.data())
def test_a_log_that_has_lost_its_beginning_is_shown_from_where_lines_are_new(seen, missed, data):
    numbered = [f"{number} {line}" for number, line in enumerate(seen + missed)]
    lost = data.draw(st.integers(0, len(numbered)))
    back = coming_back(shown(numbered[: len(seen)]), logged(numbered[lost:]))
    assert back == plain(shown(numbered[max(lost, len(seen)) :]))


def test_after_a_gap_the_next_time_is_right_again():
    history = History()
    history.saw(shown(["old", "older"]))
    history.missed(logged(["new", "newer"]), b"")
    assert history.missed(logged(["new", "newer", "old", "older"]), b"") == shown(["old", "older"])


def test_much_output_is_remembered_by_its_end():
    seen = [f"line {number}" for number in range(20_000)]
    assert coming_back(shown(seen), logged([*seen[-2000:], "new"])) == shown(["new"])


def test_a_line_that_is_cut_where_the_connection_stood_is_whole():
    assert coming_back(shown(["a"]), logged(["a", "hello world"]), b"world\r\n") == b"hello "


def test_bytes_that_are_no_text_are_found_in_a_log_that_is():
    seen = b"\xff\xfe\r\nb\r\n"
    assert coming_back(seen, seen.replace(b"\r", b"").decode(errors="replace").encode() + b"c\n") == b"c\r\n"


def test_a_log_that_cannot_be_read_shows_nothing():
    assert coming_back(shown(["a"]), b"", b"b\r\n") == b""


def test_a_full_screen_program_is_left_alone_until_it_has_gone_however_much_it_draws():
    history = History()
    history.saw(b"$ vi\r\n\x1b[?10")
    history.saw(b"49h")
    history.saw(b"x" * 100_000)
    assert history.full_screen
    assert history.missed(b"$ vi\nnew\n", b"") == b""
    history.saw(b"\x1b[?1049l$ \r\n")
    assert not history.full_screen
