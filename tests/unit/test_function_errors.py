"""An exception from a pod is the exception itself, shown as one block with the lines of code there."""

import linecache
import pickle
import traceback

import pytest

import kt_jupyter as kt
from kt_jupyter.compute.functions.outcome import outcome
from kt_jupyter.compute.functions.raising import from_there
from kt_jupyter.compute.functions.sources import with_sources
from kt_jupyter.compute.session import Done, Error
from tests.unit.test_function_checks import interpreter

TRACEBACK = ("\x1b[31mValueError\x1b[0m  Traceback", "\x1b[32mFile /app/train.py:3, in train\x1b[0m", "ValueError: odd")


def raised(error, **how):
    told = Error(type(error).__name__, str(error), TRACEBACK)
    done = Done("ab12", "error", phase="call", error=told, exception=pickle.dumps(error), **how)
    return outcome(done, "train", "kt-x", interpreter())


def test_the_exception_has_its_type_and_its_attributes():
    error = OSError(28, "No space left on device")
    error.extra = {"epoch": 3}
    with pytest.raises(OSError, match="No space left") as caught:
        raised(error).get()
    assert caught.value.errno == 28
    assert caught.value.extra == {"epoch": 3}


def test_plain_python_shows_the_remote_traceback_as_its_cause():
    shown = "".join(traceback.format_exception(raised(ValueError("odd")).error))
    assert "File /app/train.py:3, in train" in shown
    assert shown.index("/app/train.py") < shown.index("The above exception was the direct cause")
    assert shown.rstrip().endswith("ValueError: odd")
    assert "\x1b" not in shown


def test_ipython_shows_one_block_with_the_remote_traceback():
    lines = raised(ValueError("odd")).error._render_traceback_()
    assert lines == [*TRACEBACK, "    raised in train on pod kt-x"]


def test_it_can_be_pickled_again():
    again = pickle.loads(pickle.dumps(raised(ValueError("odd")).error))
    assert again.args == ("odd",)


def test_an_exception_that_takes_no_attributes_is_raised_all_the_same():
    class ClosedError(Exception):
        def __setattr__(self, name, value):
            raise AttributeError(name)

    error = from_there(ClosedError(), TRACEBACK, "train on pod kt-x")
    assert "File /app/train.py:3" in str(error.__cause__)
    assert error._render_traceback_()[0] == TRACEBACK[0]


@pytest.mark.parametrize("exception", [None, b"\x80\x05cno_such_module\nOdd\n)R.", pickle.dumps("no exception")])
def test_an_exception_that_cannot_come_here_is_told_with_its_type_and_traceback(exception):
    told = Error("Odd", "very", TRACEBACK)
    done = Done("ab12", "error", phase="call", error=told, exception=exception)
    error = outcome(done, "train", "kt-x", interpreter()).error
    assert isinstance(error, kt.RemoteError)
    assert (error.type_name, error.message) == ("Odd", "very")
    assert "File /app/train.py:3" in error.traceback
    assert str(error).startswith("train on pod kt-x raised Odd: very.")
    assert "\n".join(error._render_traceback_()).startswith(TRACEBACK[0])


def test_code_that_is_only_here_is_put_into_the_traceback():
    name = "/tmp/ipykernel_7/123.py"
    linecache.cache[name] = (0, None, ["def train():\n", "    x = 1\n", "    raise ValueError\n"], name)
    try:
        place = f"\x1b[32mFile {name}:3, in \x1b[36mtrain\x1b[0m\x1b[0m"
        head, shown, there, last = with_sources(("head", place, "File /app/x.py:1\n-----> 1 code", "ValueError: odd"))
    finally:
        del linecache.cache[name]
    assert shown.splitlines()[0] == place
    assert "\x1b[32m----> 3\x1b[0m     raise ValueError" in shown
    assert (head, there, last) == ("head", "File /app/x.py:1\n-----> 1 code", "ValueError: odd")


def test_code_that_is_nowhere_is_left_out():
    assert with_sources(("File /no/such/file.py:3, in f", "File no place")) == (
        "File /no/such/file.py:3, in f",
        "File no place",
    )
