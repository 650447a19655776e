"""Sizes mean what the API server takes them to mean, and wrong ones are refused with a right one."""

import json
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kt_jupyter.errors import InvalidQuantity
from kt_jupyter.specs import human
from kt_jupyter.specs._quantity_hints import spelling_hint
from kt_jupyter.specs.quantity import Format, Quantity, parse, storage_size

RECORDED = json.loads(Path(__file__).with_name("quantities.json").read_text())["answers"]
SUFFIXES = ["", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "e3", "E-2", "e+6"]

quantities = st.builds(
    lambda whole, fraction, suffix: f"{whole}{fraction}{suffix}",
    st.integers(0, 10**12),
    st.sampled_from(["", ".", ".5", ".25", ".001", ".123456789"]),
    st.sampled_from(SUFFIXES),
)


@pytest.mark.parametrize("text", [text for text, answer in RECORDED.items() if answer])
def test_a_quantity_is_read_and_rewritten_as_the_api_server_does(text):
    canonical, value, format_ = RECORDED[text]
    quantity = parse(text)
    assert (str(quantity), quantity.value, quantity.format) == (canonical, Fraction(value), Format(format_))


@pytest.mark.parametrize("text", [text for text, answer in RECORDED.items() if not answer])
def test_what_the_api_server_refuses_is_refused(text):
    with pytest.raises(InvalidQuantity):
        parse(text)


@given(quantities)
@example("138687.5Ki")
def test_the_canonical_text_means_the_same_and_is_final(text):
    quantity = parse(text)
    again = parse(str(quantity))
    assert again == quantity
    # A binary quantity that no binary suffix divides is written as a plain number, which reads as a decimal one.
    assert again.format != quantity.format or str(again) == str(quantity)


@given(quantities, quantities)
def test_order_and_equality_are_those_of_the_values(one, other):
    first, second = parse(one), parse(other)
    assert (first < second, first == second) == (first.value < second.value, first.value == second.value)
    assert first != second or hash(first) == hash(second)


@given(st.text(max_size=12))
@example("1e99999999999")
@example("9" * 5000)
def test_any_text_is_read_or_refused_and_nothing_else_happens(text):
    try:
        parse(text)
    except InvalidQuantity as error:
        remedy = error.remedy
    else:
        remedy = "none needed"
    assert remedy


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("10GB", ["10G", "10Gi"]),
        ("10gb", ["10G", "10Gi"]),
        ("10g", ["10G", "10Gi"]),
        ("10K", ["10k", "10Ki"]),
        ("10 Gi", ["10Gi"]),
        ("10gib", ["10Gi"]),
        ("10GiB", ["10Gi"]),
        ("-1Gi", ["1Gi"]),
        ("1,5Gi", ["1.5Gi"]),
        ("1.5", ["1.5Gi"]),
        ("500m", ["500Mi"]),
        ("0", ["10Gi"]),
        ("0Gi", ["10Gi"]),
        ("", ["10Gi"]),
        ("lots", ["10Gi"]),
        (10, ["10Gi"]),
        (2.5, ["2.5Gi"]),
        (None, ["10Gi"]),
        (True, ["10Gi"]),
    ],
)
def test_a_wrong_size_is_answered_with_a_right_one(wrong, right):
    with pytest.raises(InvalidQuantity) as refusal:
        storage_size(wrong)
    assert all(spelling in refusal.value.remedy and storage_size(spelling) for spelling in right)


@given(st.from_regex(r"[+-]? ?[0-9]{1,6}([.,][0-9]{1,3})?[ _]?[A-Za-z]{0,4}", fullmatch=True))
def test_every_spelling_a_hint_offers_is_valid(text):
    question = spelling_hint(text)
    if question.startswith("Did you mean "):
        offered = question.removeprefix("Did you mean ").removesuffix("?").split(" or ")
        assert all(parse(spelling).value > 0 for spelling in offered)


@pytest.mark.parametrize("text", ["8Ei", "9223372036854775807", "1e19", "10E"])
def test_a_size_beyond_what_kubernetes_counts_is_refused(text):
    with pytest.raises(InvalidQuantity, match="too large"):
        storage_size(text)


def test_white_space_around_a_quantity_is_dropped_as_the_server_drops_it():
    assert parse(" 10Gi\n") == parse("10Gi")


def test_sums_and_differences_keep_the_format():
    total = parse("1Gi") + parse("512Mi") - parse("1Mi")
    assert str(total) == "1535Mi"


def test_a_number_of_bytes_is_rounded_up():
    assert int(parse("1500m")) == 2


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("10Gi", "10 Gi"),
        ("1.5Ti", "1.5 Ti"),
        ("1G", "954 Mi"),
        ("1023Mi", "1023 Mi"),
        ("999Mi", "999 Mi"),
        ("1", "1 byte"),
        ("0", "0 bytes"),
        ("1000Gi", "1000 Gi"),
    ],
)
def test_a_person_reads_binary_units_with_few_digits(text, shown):
    assert human.size(parse(text)) == shown


@given(st.integers(1, 2**63 - 1))
def test_a_size_for_a_person_is_near_the_exact_one(count):
    number, unit = human.size(count).split()
    near = Fraction(number) if unit in ("byte", "bytes") else Quantity(Fraction(number)).value * parse(f"1{unit}").value
    assert abs(near - count) <= Fraction(count, 100)


@pytest.mark.parametrize(
    ("made", "shown"),
    [
        ("2026-11-24T02:59:57Z", "3 s"),
        ("2026-11-24T02:57:10Z", "2 min"),
        ("2026-11-23T23:00:00Z", "4 h"),
        ("2026-11-12T00:00:00Z", "12 d"),
        ("2024-11-12T00:00:00Z", "2 y"),
        ("2026-11-24T03:00:05Z", "0 s"),
        (None, "–"),
    ],
)
def test_an_age_has_one_unit(made, shown):
    assert human.age(made, datetime(2026, 11, 24, 3, tzinfo=UTC)) == shown
