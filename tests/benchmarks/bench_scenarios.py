"""How long the scenarios of an edition take: 32 regions x 3 scenarios x 2000 draws x 10 years.

Printed, not asserted: machines differ. The projection, the draws and their percentiles of every measure that is drawn as
a fan, and beside it the whole outlook of the sample filings, as a build makes it.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

import numpy as np

from pipeline.build.edition import computed
from pipeline.build.plan import Selection, jobs
from pipeline.given import params, reference, regions
from pipeline.layout import Layout
from pipeline.scenarios import drivers, outlook, uncertainty
from pipeline.scenarios.projection import project
from pipeline.scenarios.start import History, start

YEARS = range(2025, 2035)  # ten, the formulas do not care that the report ends in 2030
GOAL = 5.0


def best(run: Callable[[], object], times: int = 3) -> float:
    took = []
    for _ in range(times):
        begun = perf_counter()
        run()
        took.append(perf_counter() - begun)
    return min(took)


def main() -> None:
    layout = Layout.current()
    [job] = jobs(layout, Selection(region="全国"))
    table = computed(layout, job)
    every = regions.all_regions(layout)
    names = [name for name, _ in params.scenarios(layout)]
    resolved = {name: [params.resolve(layout, one, name) for one in every] for name in names}
    plan, factors = reference.load_plan(layout), reference.grid_factors(layout)
    begun = start(table, [one.code for one in every if not one.is_nation])
    assert begun is not None
    in_order = {
        name: sorted(of_all, key=lambda one: begun.codes.index(one.region.code)) for name, of_all in resolved.items()
    }
    moved = drivers.table(in_order, begun, History(table), factors)

    common, correlation = np.full(len(begun.codes), 0.5), np.full(len(begun.codes), 0.8)

    def core() -> None:
        for name in names:
            drawn = uncertainty.draws(drivers.values(moved, name), common, correlation)
            found = project(begun, drawn, YEARS)
            for measure in outlook.FANNED:
                uncertainty.percentiles(found.measures[measure])

    took = best(core)
    cells = len(begun.codes) * len(names) * uncertainty.DRAWS * len(YEARS)
    print(
        f"{len(begun.codes)} regions x {len(names)} scenarios x {uncertainty.DRAWS} draws x {len(YEARS)} years, numpy {np.__version__}"
    )
    print(
        f"  draws, paths and percentiles  {took:6.2f} s  ({cells / took / 1e6:.1f} million cells a second; goal < {GOAL:g} s)"
    )
    whole = best(lambda: outlook.compute(table, resolved, plan, factors))
    print(f"  whole outlook of a build      {whole:6.2f} s  (to 2030, with single drivers and differences)")


if __name__ == "__main__":
    main()
