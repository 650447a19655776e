"""The command line: record a real cluster's answers, or print where a cluster differs from the record."""

import argparse
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from .normal import Landscape, normal
from .player import play
from .record import difference, load, save, scenarios, theme_names
from .steps import Json, Scenario
from .wire import Server


def main() -> int:
    """Parse and do."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.parity",
        description=sys.modules[__package__ or ""].__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("verb", choices=["record", "diff", "count"])
    parser.add_argument(
        "--kubeconfig", type=Path, default=Path(os.environ.get("KUBECONFIG", "~/.kube/config")).expanduser()
    )
    parser.add_argument("--context")
    parser.add_argument("--theme", action="append", choices=theme_names(), help="may be repeated; default: all")
    parser.add_argument("--only", default="", help="scenarios whose name has these words")
    parser.add_argument("--jobs", type=int, default=4, help="scenarios played at the same time")
    options = parser.parse_args()
    if options.verb == "count":
        return count()
    server = Server(options.kubeconfig, options.context)
    landscape = Landscape(server)
    differing = 0
    for theme in options.theme or theme_names():
        chosen = [scenario for scenario in scenarios(theme) if options.only in scenario.name]
        with ThreadPoolExecutor(options.jobs) as pool:
            played = pool.map(partial(answer, server, landscape, theme=theme), chosen)
            answers = dict(zip((scenario.name for scenario in chosen), played, strict=True))
        if options.verb == "record":
            kept = load(theme) if options.only else {}
            path = save(
                theme,
                {
                    scenario.name: answers.get(scenario.name) or kept[scenario.name]
                    for scenario in scenarios(theme)
                    if scenario.name in answers or scenario.name in kept
                },
            )
            print(f"{path.name}: {len(answers)} scenarios, {sum(map(len, answers.values()))} exchanges")
        else:
            differing += report(theme, answers)
    return 1 if differing else 0


def answer(server: Server, landscape: Landscape, scenario: Scenario, theme: str) -> list[dict[str, Json]]:
    """Play one scenario and return its comparable answers."""
    try:
        return normal(play(server, scenario, theme), landscape)
    except (OSError, KeyError, ValueError, TypeError) as problem:
        return [{"request": "(the scenario could not be played)", "problem": repr(problem)}]


def report(theme: str, answers: dict[str, list[dict[str, Json]]]) -> int:
    """Print the differences of a theme and return how many exchanges differ."""
    recorded, differing, total = load(theme), 0, 0
    for name, exchanges in answers.items():
        expected = recorded.get(name, [])
        for number in range(max(len(expected), len(exchanges))):
            total += 1
            want, got = (side[number] if number < len(side) else {} for side in (expected, exchanges))
            if difference_here := difference(want, got):
                differing += 1
                print(
                    f"\n=== {theme}: {name} [{number}] {want.get('request') or got.get('request')}\n{difference_here}"
                )
    print(f"\n--- {theme}: {total - differing} of {total} exchanges agree")
    return differing


def count() -> int:
    """Print how many exchanges each theme records."""
    sizes = {theme: sum(map(len, load(theme).values())) for theme in theme_names()}
    for theme, size in sizes.items():
        print(f"{theme:16}{size:5}")
    print(f"{'all':16}{sum(sizes.values()):5}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
