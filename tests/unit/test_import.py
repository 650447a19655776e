"""Importing the package costs next to nothing, and its public names are there when they are asked for."""

import subprocess
import sys

import pytest

import kt_jupyter as kt

TIMED = """
import sys, time
import IPython
before = time.perf_counter()
import kt_jupyter
took = time.perf_counter() - before
heavy = {"kubernetes", "ipywidgets", "aiohttp", "httpcore2", "yaml", "asyncio", "kt_jupyter.kube"} & set(sys.modules)
bare = {"asyncio"}
print(took, *sorted(heavy - bare))
"""


def fresh(code):
    """Run code in a Python of its own and return the words it prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=50)
    return done.stdout.split()


def test_the_import_takes_at_most_150_ms_over_ipython_and_loads_nothing_heavy():
    runs = [fresh(TIMED) for _ in range(3)]
    assert min(float(took) for took, *_ in runs) < 0.15
    assert [heavy for _, *heavy in runs] == [[], [], []]


def test_a_handle_is_made_without_the_official_client_or_widgets():
    code = """
import sys
import kt_jupyter as kt
kt.Volume("my-data", size="10Gi", mount_path="/data")
print(*sorted({"kubernetes", "ipywidgets", "aiohttp", "IPython"} & set(sys.modules)))
"""
    assert fresh(code) == []


def test_all_public_names_are_there():
    assert all(getattr(kt, name) is not None for name in kt.__all__)
    assert set(kt.__all__) <= set(dir(kt))


def test_a_name_that_is_not_public_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'Valume'"):
        _ = kt.Valume


@pytest.mark.parametrize(
    "imports",
    [
        "import kt_jupyter as kt",
        "import kt_jupyter as kt, kt_jupyter.volumes",
        "from kt_jupyter import volumes, Volume",
    ],
)
def test_volumes_is_the_list_of_volumes_however_it_was_imported(imports):
    call = "kt.volumes" if "as kt" in imports else "volumes"
    assert fresh(f"{imports}\nprint(callable({call}), hasattr({call}, 'Volume'))") == ["True", "True"]


def test_every_error_a_user_can_meet_is_public():
    errors = [each for each in vars(kt.errors).values() if isinstance(each, type) and issubclass(each, kt.KtError)]
    assert {each.__name__ for each in errors} <= set(kt.__all__)
