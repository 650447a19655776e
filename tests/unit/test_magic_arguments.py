"""How a magic reads its line, and what it says about a mistake."""

import pytest
from IPython.core.error import UsageError

from kt_jupyter.notebook.magics.arguments import Argument, Verb
from kt_jupyter.notebook.magics.command import Command
from kt_jupyter.notebook.magics.parsing import written

COMMAND = Command(
    "kt_volume",
    "Volumes of the cluster.",
    (
        Verb("list", "show all volumes", lambda args: args, (Argument("--json", "as JSON"),)),
        Verb(
            "create",
            "make a volume",
            lambda args: args,
            (
                Argument("name", "its name", required=True, example="my-data"),
                Argument("--size", "how big", value="SIZE", required=True, example="--size 10Gi"),
                Argument("--mode", "who may use it", value="MODE", suggests=("RWO", "RWX")),
                Argument("--all-namespaces", "everywhere", short="-A"),
            ),
            examples=("%kt_volume create my-data --size 10Gi",),
        ),
    ),
    default="list",
)


def parsed(line):
    return vars(COMMAND.run(line))


def test_values_and_switches_become_attributes():
    assert parsed("create my-data --size 10Gi -A") == {
        "name": "my-data", "size": "10Gi", "mode": None, "all_namespaces": True,
    }  # fmt: skip


def test_without_a_verb_the_default_is_meant():
    assert parsed("--json") == {"json": True}


def test_a_value_may_begin_with_a_minus_so_that_its_own_error_is_shown():
    assert parsed("create my-data --size -1Gi")["size"] == "-1Gi"


def test_quotes_keep_words_together():
    assert parsed("create 'my data' --size '10 Gi'")["size"] == "10 Gi"


def test_what_was_read_can_be_written_again_without_one_option():
    create = COMMAND.verb("create")
    args = COMMAND.run("create 'my data' -A --size=1Gi --mode RWO")
    mode = create.option("--mode")
    assert written("kt_volume", create, args, without=mode) == "%kt_volume create 'my data' --size 1Gi --all-namespaces"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("craete x", "%kt_volume has no verb 'craete'. Close to it: create. Its verbs: list, create."),
        ("create x --szie 1Gi", "%kt_volume create has no option --szie. Close to it: --size."),
        ("create x", "%kt_volume create needs --size SIZE, for example --size 10Gi."),
        ("create x --size", "%kt_volume create needs --size SIZE, for example --size 10Gi."),
        ("create --size 1Gi", "%kt_volume create needs a name, for example my-data."),
        ("create x y --size 1Gi", "%kt_volume create has no place for 'y'."),
        ("create 'x", "%kt_volume: a quotation mark is not closed in: create 'x"),
    ],
)
def test_a_mistake_is_one_line_that_names_it_and_the_way_out(line, said):
    with pytest.raises(UsageError) as caught:
        COMMAND.run(line)
    assert str(caught.value).removesuffix(" Help: %kt_volume create --help") == said
    assert type(caught.value) is UsageError  # a subclass would be shown with a traceback


def test_the_help_of_a_verb_lists_its_arguments(capsys):
    assert COMMAND.run("create --help") is None
    assert (
        capsys.readouterr().out
        == """\
%kt_volume create NAME [options]
    make a volume

    name                  its name
    --size SIZE           how big
    --mode MODE           who may use it
    -A, --all-namespaces  everywhere
    -h, --help            show this help

Examples
    %kt_volume create my-data --size 10Gi
"""
    )


def test_the_help_of_the_magic_lists_its_verbs():
    assert (
        COMMAND.help()
        == """\
Volumes of the cluster.

    %kt_volume VERB …      without a verb: list

Verbs
    list    show all volumes
    create  make a volume

The options of a verb: %kt_volume list --help
Each verb returns what it made or read: x = %kt_volume …

Examples
    %kt_volume create my-data --size 10Gi"""
    )
