"""A pickle that came in pieces is read as if it were a file."""

import pickle
import random

import pytest

from kt_jupyter.compute.session import Done
from kt_jupyter.compute.session.pieces import Pieces

VALUES = [1, "a" * 100_000, {"b": bytes(range(256)) * 100, "c": [None, 2.5]}, bytearray(b"d" * 70_000)]


@pytest.mark.parametrize("size", [1, 7, 4096, 1 << 20])
@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_values_are_unpickled_from_pieces_of_any_size(size, protocol):
    data = pickle.dumps(VALUES, protocol)
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    assert pickle.load(Pieces(pieces)) == VALUES


@pytest.mark.parametrize("kind", [bytes, bytearray])
@pytest.mark.parametrize("size", [(4 << 20) - 1, 4 << 20, (9 << 20) + 1])
def test_large_ones_come_as_they_were(kind, size):
    value = kind(random.Random(0).randbytes(size))
    data = pickle.dumps(value, 5)
    pieces = [data[start : start + 300_000] for start in range(0, len(data), 300_000)]
    assert pickle.load(Pieces(pieces)) == value


def test_what_ends_too_early_is_an_error():
    with pytest.raises((EOFError, pickle.UnpicklingError)):
        pickle.load(Pieces([pickle.dumps(VALUES)[:-80_000]]))


def test_the_result_of_a_call_can_be_had_in_one_piece_or_as_a_file():
    data = pickle.dumps(VALUES)
    done = Done("ab12", "ok", pieces=[data[:10], data[10:]])
    assert done.result == data
    assert pickle.load(done.file()) == VALUES
    assert Done("ab12", "error").result is None
