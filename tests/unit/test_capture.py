"""What of a function is sent to a pod: everything of one's own, nothing that is installed."""

import asyncio
import collections
import dataclasses
import enum
import functools
import json
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import cloudpickle
import pytest

import kt_jupyter as kt
from kt_jupyter.compute.functions.capture import pack
from tests import elsewhere

RATE = 0.5
COUNTS = collections.Counter()


def there(function, *args, **kwargs):
    return elsewhere.call(pack(function, args, kwargs).payload)


def scaled(x):
    return x * RATE


def factorial(n):
    return 1 if n < 2 else n * factorial(n - 1)


@functools.cache
def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


@functools.singledispatch
def kind(_):
    return "something"


@kind.register
def _(_: int):
    return "a number"


class Colour(enum.Enum):
    RED = 1


class Shape:
    sides = 0

    def __init__(self, size):
        self.size = size

    def area(self):
        return 0

    @functools.cached_property
    def name(self):
        return type(self).__name__.lower()

    @functools.lru_cache  # noqa: B019 - it is the point
    def slow(self):
        return self.size


class Square(Shape):
    sides = 4

    def area(self):
        return super().area() + self.size**2

    @classmethod
    def unit(cls):
        return cls(1)


@dataclasses.dataclass
class Config:
    depth: int = 3
    colour: Colour = Colour.RED


def test_a_function_takes_its_globals_and_the_functions_it_calls_along():
    assert there(lambda x: scaled(x) + factorial(3), 4) == 8


def test_a_closure_takes_the_variables_around_it_along():
    step, seen = 10, [1]

    def inner(x):
        return x + step + len(seen)

    assert there(inner, 1) == 12


def test_arguments_arrive_as_they_are():
    assert there(lambda a, *rest, b=0, **more: [a, rest, b, more], 1, 2, b=3, c=4) == [1, [2], 3, {"c": 4}]


def test_classes_and_their_instances_are_sent_whole():
    assert there(lambda: [Square(3).area(), Square.unit().sides, Square(2).name, Square(5).slow()]) == [
        9,
        4,
        "square",
        5,
    ]
    assert there(lambda shape: isinstance(shape, Shape), Square(2)) is True
    assert there(lambda config: [config.depth, config.colour is Colour.RED], Config(depth=5)) == [5, True]


@pytest.mark.parametrize(
    ("function", "args", "value"),
    [
        (functools.partial(scaled, 8), (), 4),
        (Square(3).area, (), 9),
        (Square.unit, (), None),
        (fibonacci, (30,), 832040),
        (functools.partial(fibonacci, 10), (), 55),
        (kind, (3,), "a number"),
        (max, (1, 2), 2),
        (json.dumps, ([1],), "[1]"),
    ],
    ids=["partial", "bound method", "class method", "lru_cache", "partial of lru_cache", "singledispatch", "builtin",
         "of the standard library"],
)  # fmt: skip
def test_any_callable_can_be_sent(function, args, value):
    sent = pack(function, args).payload
    assert value is None or elsewhere.call(sent) == value


def test_the_cache_of_a_cached_function_starts_empty_there():
    assert fibonacci(5) == 5
    assert there(lambda: fibonacci.cache_info().currsize) == 0
    assert there(lambda: list(fibonacci.cache_parameters().values())) == [None, False]


def test_a_coroutine_function_and_a_generator_function_stay_what_they_are():
    async def later(x):
        await asyncio.sleep(0)
        return x + 1

    def several(n):
        yield from range(n)

    assert there(later, 1) == 2
    assert there(several, 3) == [0, 1, 2]


def test_the_file_and_the_lines_of_code_are_known_there():
    def where():
        import sys

        frame = sys._getframe()
        return [frame.f_code.co_filename, frame.f_lineno]

    assert there(where) == where() == [__file__, where.__code__.co_firstlineno + 4]


def test_globals_are_copies():
    def count():
        COUNTS["seen"] += 1
        return COUNTS["seen"]

    assert there(count) == 1
    assert COUNTS["seen"] == 0


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder with a person's own modules, beside the notebook."""
    files = {
        "helpers.py": """
            import functools, threading
            import pytest
            LOCK = threading.Lock()
            RATE = 0.5

            def clean(x):
                return scale(x) - 1

            def scale(x):
                return x * RATE

            @functools.lru_cache
            def cached(x):
                return x * RATE

            class Model:
                def fit(self):
                    return clean(10)

            def locked():
                with LOCK:
                    return 1
        """,
        "shop/__init__.py": "NAME = 'shop'\n",
        "shop/prices.py": "from shop import NAME\nfrom .tax import vat\n\ndef price(x):\n    return [NAME, vat(x)]\n",
        "shop/tax.py": "def vat(x):\n    from . import prices\n    return x + (1 if prices.price else 0)\n",
        "loose/part.py": "def half(x):\n    return x / 2\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(textwrap.dedent(text))
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def in_a_cell(source, **names):
    """Define ``f`` as a cell would."""
    namespace = {"__name__": "__main__", **names}
    exec(textwrap.dedent(source), namespace)
    return namespace["f"]


@pytest.mark.parametrize(
    "cell",
    [
        "import helpers\ndef f(): return helpers.clean(10)",
        "from helpers import clean\ndef f(): return clean(10)",
        "def f():\n    import helpers\n    return helpers.clean(10)",
        "def f():\n    import helpers as h\n    return h.clean(10)",
        "def f():\n    from helpers import clean\n    return clean(10)",
        "import helpers\ndef f(): return helpers.Model().fit()",
        "from helpers import Model\ndef f(): return Model().fit()",
        "import helpers\ndef f(): return [helpers.clean(x) for x in (10,)][0]",
        "import helpers\ndef f():\n    import helpers as again\n    return again.clean(10) + helpers.RATE - 0.5",
        "import helpers\ndef f(): return helpers.cached(8)",
        "from helpers import cached\nf = lambda: cached(8)",
        "import helpers\ndef f():\n    helpers.RATE = 1\n    return helpers.RATE * 4",
    ],
)
def test_what_the_code_mentions_of_ones_own_modules_is_sent_and_nothing_else(project, cell):
    """The module imports what is on no image, and holds a lock: neither is in the way."""
    packed = pack(in_a_cell(cell))
    assert elsewhere.call(packed.payload) == 4
    assert packed.packages == set()


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("import shop.prices\ndef f(): return shop.prices.price(1)", ["shop", 2]),
        ("from shop import prices\ndef f(): return prices.price(1)", ["shop", 2]),
        ("from shop.prices import price as f0\ndef f(): return f0(1)", ["shop", 2]),
        ("def f():\n    import shop.prices\n    return shop.prices.price(1)", ["shop", 2]),
        ("def f():\n    import shop.prices as p\n    return p.price(1)", ["shop", 2]),
        ("import loose.part\ndef f(): return loose.part.half(8)", 4),
    ],
)
def test_packages_of_ones_own_are_sent_too(project, cell, value):
    assert elsewhere.call(pack(in_a_cell(cell, __package__=None), (), {}).payload) == value


def test_a_cloudpickle_in_a_directory_of_ones_own_is_sent_by_name_all_the_same(tmp_path, monkeypatch):
    """As `pip install --target` leaves it. By value it would take its own functions along, without end."""
    shutil.copytree(Path(cloudpickle.__file__).parent, tmp_path / "cloudpickle")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    program = "from kt_jupyter.compute.functions.capture import pack; print(pack(lambda: 1).packages)"
    assert subprocess.check_output([sys.executable, "-c", program], text=True) == "frozenset()\n"


def test_a_module_that_is_handed_on_is_sent_whole(project):
    (project / "settings.py").write_text("A = 1\nB = 2\n")
    assert elsewhere.call(pack(in_a_cell("import settings\ndef f(): return getattr(settings, 'B')")).payload) == 2


def test_a_value_set_on_a_module_here_holds_there(project):
    f = in_a_cell("import helpers\nhelpers.RATE = 1.5\ndef f(): return helpers.scale(2)")
    assert elsewhere.call(pack(f).payload) == 3


def test_a_function_of_ones_own_module_is_sent_by_itself(project):
    from helpers import clean

    assert there(clean, 10) == 4


def test_cloudpickles_register_is_left_as_it_was(project):
    import helpers

    assert there(helpers.clean, 10) == 4
    assert cloudpickle.list_registry_pickle_by_value() == set()
    cloudpickle.register_pickle_by_value(helpers)
    try:
        assert there(helpers.clean, 10) == 4
        assert cloudpickle.list_registry_pickle_by_value() == {"helpers"}
    finally:
        cloudpickle.unregister_pickle_by_value(helpers)


def test_an_own_module_that_cannot_be_imported_here_says_so(project):
    (project / "broken.py").write_text("import does_not_exist\n")
    with pytest.raises(kt.NotPicklable, match=r"f cannot be sent to a pod: broken, which it imports, .*does_not_exist"):
        pack(in_a_cell("def f():\n    import broken\n    return broken.x"))
