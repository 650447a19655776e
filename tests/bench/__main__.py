"""Run all measurements and print them as they come."""

from __future__ import annotations

from tests.bench import cases, compute, load, streams
from tests.bench.ground import ground
from tests.bench.others import Package


def main() -> None:
    print(cases.import_cost(), flush=True)
    with ground() as here:
        print(f"on {here.cluster.server}{' (embedded)' if here.embedded else ''}", flush=True)
        package = Package(here.kubeconfig, here.namespace)
        here.make_claims(1)
        print(cases.fresh_kernel(here), flush=True)
        print(cases.one_claim(here, package), flush=True)
        print(cases.change_to_event(here, package), flush=True)
        for count in (200, 500):
            print(cases.many_claims(here, package, count), flush=True)
            print(cases.many_volumes(package, count), flush=True)
        for row in streams.rows(here):
            print(row, flush=True)
        for row in compute.rows(here, package):
            print(row, flush=True)
        if here.embedded:
            print(load.local_cluster(here), flush=True)


if __name__ == "__main__":
    main()
