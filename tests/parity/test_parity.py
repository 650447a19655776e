"""The local cluster answers every recorded request as real Kubernetes did; a real cluster still answers as recorded."""

from functools import lru_cache

import pytest

from .normal import Landscape, normal
from .player import play
from .record import difference, load, scenarios, theme_names
from .steps import Json, Scenario
from .wire import Server

pytestmark = pytest.mark.timeout(240)  # a scenario's first exchange waits for all of it: pods, jobs, deletions


def exchanges():
    for theme in theme_names():
        recorded = load(theme)
        for scenario in scenarios(theme):
            for number, entry in enumerate(recorded.get(scenario.name, [])):
                yield pytest.param(
                    theme, scenario, number, id=f"{theme}: {scenario.name} [{number}] {entry['request']}"
                )


@lru_cache(maxsize=4)  # the exchanges of a scenario come one after the other
def played(address: str, theme: str, name: str) -> list[dict[str, Json]]:
    server, landscape = SERVERS[address]
    scenario = next(scenario for scenario in scenarios(theme) if scenario.name == name)
    return normal(play(server, scenario, theme), landscape)


SERVERS: dict[str, tuple[Server, Landscape]] = {}


@pytest.fixture(scope="session")
def address(parity_kubeconfig):
    path, context = parity_kubeconfig
    server = Server(path, context)
    SERVERS[server.address.geturl()] = server, Landscape(server)
    return server.address.geturl()


@pytest.mark.parametrize(("theme", "scenario", "number"), list(exchanges()))
def test_the_answer_is_the_recorded_one(address, theme: str, scenario: Scenario, number: int):
    recorded, answered = load(theme)[scenario.name][number], played(address, theme, scenario.name)[number]
    assert (differences := difference(recorded, answered)) == "", differences


@pytest.mark.parametrize("theme", theme_names())
def test_every_scenario_is_recorded(theme):
    unrecorded = [scenario.name for scenario in scenarios(theme) if scenario.name not in load(theme)]
    assert unrecorded == [], "run `python -m tests.parity record --theme " + theme + "` against a real cluster"
