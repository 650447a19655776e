"""Before anything is unpickled the two Pythons are compared, and what differs is said with the ways out."""

import sys
from importlib.metadata import version

import pytest

import kt_jupyter as kt
from kt_jupyter.compute.functions.checks import check_python
from kt_jupyter.compute.functions.outcome import outcome
from kt_jupyter.compute.session import Done, Error, Interpreter

HERE = (*sys.version_info[:2], 0)
OTHER = (3, sys.version_info[1] + 1, 4)
OURS = f"{HERE[0]}.{HERE[1]}"
THEIRS = f"{OTHER[0]}.{OTHER[1]}"


CLOUDPICKLE = version("cloudpickle")


def interpreter(python=HERE, implementation=sys.implementation.name, cloudpickle=CLOUDPICKLE):
    return Interpreter(python, implementation, "/usr/bin/python3", None, cloudpickle)


def ended(**how):
    return outcome(Done("ab12", **{"status": "ok", **how}), "train", "kt-x", interpreter())


def test_another_micro_version_is_fine():
    check_python(interpreter((*HERE[:2], 99)), "kt-x")


def test_another_minor_version_is_refused_and_both_ways_out_are_named():
    with pytest.raises(kt.PythonMismatch) as caught:
        check_python(interpreter(OTHER), "kt-x")
    assert f"this notebook runs Python {OURS} and pod kt-x runs Python {THEIRS}" in str(caught.value)
    assert f'kt.Compute(image="python:{OURS}-slim"), or start the notebook with Python {THEIRS}' in str(caught.value)


def test_another_implementation_is_refused():
    with pytest.raises(kt.PythonMismatch, match="CPython and pod kt-x runs pypy"):
        check_python(interpreter(implementation="pypy"), "kt-x")


@pytest.mark.parametrize("theirs", ["2.2.0", None])
def test_another_major_version_of_cloudpickle_is_refused(theirs):
    with pytest.raises(kt.PythonMismatch, match="cloudpickle"):
        check_python(interpreter(cloudpickle=theirs), "kt-x")


def test_what_another_minor_version_has_pickled_is_never_unpickled():
    bomb = b"\x80\x05cos\n_exit\n(K\x03tR."  # os._exit(3)
    found = outcome(Done("ab12", "ok", pieces=[bomb]), "train", "kt-x", interpreter(OTHER))
    assert isinstance(found.error, kt.PythonMismatch)
    found = outcome(Done("ab12", "error", exception=bomb), "train", "kt-x", interpreter(OTHER))
    assert isinstance(found.error, kt.PythonMismatch)


def test_a_package_that_the_pod_turns_out_to_lack_is_named():
    error = Error("ModuleNotFoundError", "No module named 'sklearn.utils'")
    found = ended(status="error", phase="load", error=error).error
    assert isinstance(found, kt.PackageMissing)
    assert isinstance(found, ImportError)
    assert found.packages == ("sklearn",)


def test_arrays_of_numpy_2_are_explained():
    error = Error("ModuleNotFoundError", "No module named 'numpy._core'")
    found = ended(status="error", phase="load", error=error).error
    assert isinstance(found, kt.PythonMismatch)
    assert "takes arrays of numpy 2 along, and pod kt-x has numpy 1" in str(found)


def test_what_cannot_be_unpickled_there_is_told_with_the_error_of_there():
    found = ended(status="error", phase="load", error=Error("AttributeError", "no such thing", ("line",))).error
    assert isinstance(found, kt.RemoteError)
    assert found.type_name == "AttributeError"
    assert found.traceback == "line"


def test_what_cannot_be_sent_back_is_named():
    error = Error("ResultNotPicklable", "result.lock: TypeError: cannot pickle '_thread.lock' object")
    found = ended(status="error", phase="result", error=error).error
    assert isinstance(found, kt.NotPicklable)
    assert "what train returned cannot be sent back from pod kt-x: result.lock" in str(found)


def test_a_result_whose_type_is_not_here_is_told():
    found = ended(pieces=[b"\x80\x05cno_such_module\nThing\n."]).error
    assert isinstance(found, kt.NotPicklable)
    assert "No module named 'no_such_module'" in str(found)


@pytest.mark.parametrize(
    ("status", "kinds"),
    [
        ("timeout", (kt.CallTimeout, TimeoutError)),
        ("out of memory", (kt.CallOutOfMemory, MemoryError)),
        ("exited", (kt.CallEnded,)),
        ("crashed", (kt.CallEnded,)),
        ("killed", (kt.CallEnded,)),
        ("interrupted", (kt.CallEnded,)),
    ],
)
def test_the_end_of_a_process_is_an_error_of_its_own(status, kinds):
    found = ended(status=status, sentence="So it is.", exit_code=3, signal=9).error
    assert all(isinstance(found, kind) for kind in kinds)
    assert found.fact == "train on pod kt-x returned nothing. So it is."
    assert (found.reason, found.exit_code, found.signal) == (status, 3, 9)
