"""Run the measurements and print them as they come: all, or the parts that are named."""

from __future__ import annotations

import argparse

from tests.bench import cases, compute, load, streams, terminals
from tests.bench.ground import Ground, ground
from tests.bench.others import Package


def _claims(here: Ground, package: Package) -> None:
    print(cases.fresh_kernel(here), flush=True)
    print(cases.one_claim(here, package), flush=True)
    print(cases.change_to_event(here, package), flush=True)
    for count in (200, 500):
        print(cases.many_claims(here, package, count), flush=True)
        print(cases.many_volumes(package, count), flush=True)


def _streams(here: Ground, _: Package) -> None:
    for row in streams.rows(here):
        print(row, flush=True)


def _terminals(here: Ground, _: Package) -> None:
    for row in terminals.rows(here):
        print(row, flush=True)


def _compute(here: Ground, package: Package) -> None:
    for row in compute.rows(here, package):
        print(row, flush=True)


def _load(here: Ground, _: Package) -> None:
    if here.embedded:
        print(load.local_cluster(here), flush=True)


PARTS = {"claims": _claims, "streams": _streams, "terminals": _terminals, "compute": _compute, "load": _load}


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; default: all")
    parts = parser.parse_args().parts or list(PARTS)
    unknown = [part for part in parts if part not in PARTS]
    if unknown:
        parser.error(f"there is no part {unknown[0]}; the parts are {', '.join(PARTS)}")
    print(cases.import_cost(), flush=True)
    with ground() as here:
        print(f"on {here.cluster.server}{' (embedded)' if here.embedded else ''}", flush=True)
        package = Package(here.kubeconfig, here.namespace)
        here.make_claims(1)
        for part in parts:
            PARTS[part](here, package)


if __name__ == "__main__":
    main()
