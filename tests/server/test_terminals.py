"""The route that starts a terminal on a pod: what it takes, and whom and what it refuses."""

import json

import pytest

import kt_jupyter


def asked(namespace, **words):
    return {"local": True, "namespace": namespace, "pod": "ours", **words}


async def test_a_pod_of_ours_gets_one_terminal(ask, pods):
    code, first = await ask(body=asked(pods, title="my-data"))
    _, again = await ask(body=asked(pods, title="my-data"))
    assert (code, first["version"]) == (200, kt_jupyter.__version__)
    assert first == again
    assert (await ask("GET"))[1]["terminals"] == [first["name"]]


async def test_the_program_is_started_from_a_list_of_words(ask, pods, jp_serverapp):
    _, made = await ask(body=asked(pods, title="my data; id"))
    pty = jp_serverapp.web_app.settings["terminal_manager"].terminals[made["name"]]
    assert pty.ptyproc.argv[1:] == [
        *("-P", "-m", "kt_jupyter.terminal.attach", "--in-tab", f"--namespace={pods}", "--local"),
        *("--title=my data; id", "ours"),
    ]


@pytest.mark.parametrize(
    ("pod", "code"),
    [("never-was", 404), ("theirs", 403)],
)
async def test_a_pod_that_is_not_there_or_not_ours_is_refused(ask, pods, pod, code):
    assert (await ask(body=asked(pods, pod=pod)))[0] == code
    assert (await ask("GET"))[1]["terminals"] == []


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "ours",
        {},
        {"namespace": "default"},
        {"namespace": "default", "pod": "--help"},
        {"namespace": "default", "pod": "-ours"},
        {"namespace": "default", "pod": "a; id"},
        {"namespace": "default", "pod": "a/../b"},
        {"namespace": "default", "pod": "ours\n"},
        {"namespace": "default", "pod": ["ours"]},
        {"namespace": "-n", "pod": "ours"},
        {"namespace": "default", "pod": "ours", "container": "$(id)"},
        {"namespace": "default", "pod": "ours", "context": "--kubeconfig=/tmp/theirs"},
        {"namespace": "default", "pod": "ours", "title": "\x1b]0;theirs\x07"},
        {"namespace": "default", "pod": "ours", "local": "yes"},
        {"namespace": "default", "pod": "ours", "shell_command": ["sh"]},
        {"namespace": "default", "pod": "ours", "kubeconfig": "/tmp/theirs"},
        {"namespace": "default", "pod": "x" * 254},
    ],
)
async def test_what_is_no_pod_is_refused_before_anything_is_asked(ask, body):
    assert (await ask(body=body))[0] == 400


async def test_a_stranger_is_refused(ask):
    for method in ("GET", "POST"):
        assert (await ask(method, {}, headers={"Authorization": "token wrong"}))[0] == 403


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_other_methods_are_refused(ask, method):
    assert (await ask(method, {}))[0] == 405


async def test_jupyters_own_route_gives_no_host_shell_under_our_names(jp_fetch):
    body = json.dumps({"name": "kt_my_data_0a1b2c"})
    answer = await jp_fetch("api", "terminals", method="POST", body=body, raise_error=False)
    assert answer.code == 404
    assert json.loads((await jp_fetch("api", "terminals")).body) == []


async def test_jupyters_own_route_gives_back_the_pods_shell_under_its_name(ask, pods, jp_fetch, jp_serverapp):
    _, made = await ask(body=asked(pods))
    jp_serverapp.web_app.settings["terminal_manager"].terminals.pop(made["name"])  # as after a restart
    await jp_fetch("api", "terminals", method="POST", body=json.dumps({"name": made["name"]}))
    assert (await ask("GET"))[1]["terminals"] == [made["name"]]


async def test_other_terminals_are_made_as_ever(jp_fetch):
    answer = await jp_fetch("api", "terminals", method="POST", body="")
    assert json.loads(answer.body)["name"] == "1"
