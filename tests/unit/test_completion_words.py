"""What Tab offers on a magic's line; the names that exist are given."""

import pytest

from kt_jupyter.notebook.completion.words import Offer, magic_line, offer
from kt_jupyter.notebook.magics.arguments import Argument, Verb
from kt_jupyter.notebook.magics.command import Command

NAME = Argument("name", "which", completes="volume")
NAMESPACE = Argument("--namespace", "where", short="-n", value="NAMESPACE", completes="namespace")
MODE = Argument("--mode", "who may use it", value="MODE", suggests=("RWO", "RWX"))
COMMAND = Command(
    "kt_volume",
    "Volumes.",
    (
        Verb("list", "show all", print, (NAMESPACE, Argument("--json", "as JSON"))),
        Verb("show", "show one", print, (NAME, NAMESPACE)),
        Verb("create", "make one", print, (Argument("name", "its name"), MODE, NAMESPACE)),
    ),
    default="list",
)
CELL = Verb(
    "",
    "run it",
    print,
    (
        Argument("name", "which", completes="compute"),
        MODE,
        Argument("--volume", "what", value="NAME", completes="volume", repeated=True),
    ),
)
RUN = Command("kt_compute", "Computes.", (Verb("list", "show all", print),), default="list", cell=CELL)
NAMES = {
    ("compute", None): ["train"],
    ("volume", None): ["my-data", "raw"],
    ("volume", "team-a"): ["shared"],
    ("namespace", None): ["team-a", "dev"],
}


def offered(text: str) -> Offer:
    return offer(COMMAND, text, lambda kind, namespace: NAMES.get((kind, namespace), []))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ("list", "show", "create")),
        ("s", ("show",)),
        ("show ", ("my-data", "raw")),
        ("show m", ("my-data",)),
        ("show my-data ", ("--namespace", "--help")),
        ("show -n team-a ", ("shared",)),
        ("show --namespace=team-a s", ("shared",)),
        ("show -n ", ("team-a", "dev")),
        ("show --namespace=t", ("team-a",)),
        ("create x --mode ", ("RWO", "RWX")),
        ("create x --mode=RWX --", ("--namespace", "--help")),
        ("create ", ()),
        ("-", ("--namespace", "--json", "--help")),
        ("-n t", ("team-a",)),
        ("nonsense ", ()),
    ],
)
def test_tab_offers_what_may_stand_there(text, words):
    assert offered(text).words == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ("train",)),
        ("--mode RWX ", ("train",)),
        ("train ", ("--mode", "--volume", "--help")),
        ("train --volume ", ("my-data", "raw")),
        ("train --volume my-data --vol", ("--volume",)),
    ],
)
def test_above_a_cell_there_is_no_verb_and_some_options_may_be_repeated(text, words):
    assert offer(RUN, text, lambda kind, namespace: NAMES.get((kind, namespace), []), cell=True).words == words


def test_only_the_value_after_an_equals_sign_is_replaced():
    assert offered("show --namespace=te").fragment == "te"


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("%kt_volume show ", ("kt_volume", "show ", False)),
        ("vol = %kt_volume create", ("kt_volume", "create", False)),
        ("  %%kt_compute --cpus", ("kt_compute", "--cpus", True)),
        ("x['a'].y = %kt_volume l", None),
        ("%kt_volume", None),
        ("print('%kt_volume show ", None),
        ("5 %kt_volume ", None),
    ],
)
def test_a_magic_is_recognised_also_behind_an_assignment(line, found):
    assert magic_line(line) == found
