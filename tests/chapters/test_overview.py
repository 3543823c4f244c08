"""Chapter 1 of the built reports: each card is what the SQL of the design gives, each number leads to its rows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from pipeline.build.plan import Job, Selection, jobs
from pipeline.chapters import since
from pipeline.given import reference
from pipeline.given.regions import all_regions, resolve
from pipeline.indicators import evaluate, inputs, origins
from pipeline.indicators.explain import explain
from pipeline.indicators.model import Catalogue, load_catalogue
from pipeline.indicators.scorecard import scorecard
from pipeline.language.words import Words
from pipeline.layout import SAMPLE, Layout
from tests.conftest import ROOT, Built
from tests.indicators.test_against_sql import recomputed

pytestmark = pytest.mark.slow

SLUGS = ["000000-全国", "440000-广东"]


@dataclass(frozen=True)
class Known:
    job: Job
    table: pl.DataFrame
    sql: pl.DataFrame
    catalogue: Catalogue


@pytest.fixture(scope="module")
def known(layout: Layout, tmp_path_factory: pytest.TempPathFactory) -> Known:
    """The sample's indicators as the product computes them, and by SQL."""
    [job] = jobs(layout, Selection(filings=SAMPLE))
    assert job.intake
    counts, accepted = job.intake.counts, job.intake.accepted
    table = evaluate.compute(accepted, layout, job.resolved.params, reference.load_plan(layout), job.year, counts)
    sql = recomputed(layout, accepted, counts, tmp_path_factory.mktemp("sql"))
    return Known(job, table, sql, load_catalogue(layout))


def from_sql(known: Known, code: str, year: int = 2025) -> dict[str, float]:
    """The whole-region values of a year by SQL."""
    rows = known.sql.filter(
        pl.col("region_code") == code, pl.col("year") == year, pl.col("entity_id").is_null(), pl.col("dimension").is_null()
    )  # fmt: skip
    return dict(rows.select("indicator_id", "value").iter_rows())


@pytest.mark.parametrize("slug", SLUGS)
def test_the_eight_cards_print_what_sql_gives(built: Built, known: Known, layout: Layout, slug: str) -> None:
    page = built.file(slug, "html").read_text("utf-8").replace("\u00a0", " ")
    cards = re.findall(r'<h4>([1-8])　[^<]*</h4><p class="value">([^<]*)<', page)
    values = from_sql(known, slug[:6])
    judged = scorecard(reference.load_plan(layout), values, 2025, resolve(slug[:6], layout))
    expected = [(str(one.target.no), Words("zh").say(since.said(one))) for one in judged]
    assert cards == expected


@pytest.mark.parametrize("code", ["000000", "440000", "150000", "540000"])
def test_so_does_the_indicator_table_that_cards_are_made_of(known: Known, layout: Layout, code: str) -> None:
    plan = reference.load_plan(layout)
    ours = known.table.filter(
        pl.col("region_code") == code, pl.col("year") == 2025, pl.col("entity_id").is_null(), pl.col("dimension").is_null()
    )  # fmt: skip
    mine, theirs = dict(ours.select("indicator_id", "value").iter_rows()), from_sql(known, code)
    for target in plan.targets:
        printed, again = mine.get(target.indicator), theirs.get(target.indicator)
        assert printed == (None if again is None else pytest.approx(again, rel=1e-9)), target.id


@pytest.mark.parametrize("slug", SLUGS)
def test_every_number_is_reachable(built: Built, known: Known, layout: Layout, slug: str) -> None:
    """What the chapter's last table names is explained down to rows; all figures of the text come from these names."""
    trace = pl.read_parquet(tables(slug) / "t-overview-trace.parquet")
    job, plan = known.job, reference.load_plan(layout)
    assert job.intake
    prepared = inputs.prepare(
        job.intake.accepted, layout, job.resolved.params, plan, job.year, job.intake.counts
    )  # fmt: skip
    traced = {
        (name, where)
        for name, place in trace.select("name", "region").iter_rows()
        for where in re.split("[、；]", place)
    }
    assert len(trace) > 15
    told = dict(trace.select("name", "computed").iter_rows())
    for name, where in sorted(traced):
        if where == "31 个省份":
            continue
        region = resolve(where, layout)
        if name not in known.catalogue.indicators:
            assert origins.origin(name, region, job.year, layout).height, name
            continue
        provinces = [one for one in all_regions(layout) if region.is_nation or one.code == region.code]
        found = explain(
            name, region, provinces, job.year, known.table, known.catalogue, prepared, job.intake.accepted,
            job.intake.quarantine, plan.baseline_year,
        )  # fmt: skip
        value = found.steps[0].row and found.steps[0].row["value"]
        if region.short_zh == slug[7:] and value is not None:
            assert told[name].startswith(found.steps[0].computed), name
        assert (value is None) == found.rows.is_empty(), name


def tables(slug: str) -> Path:
    return ROOT / "data" / "processed" / "2025-sample" / "internal" / slug / "plan" / "tables"


@pytest.mark.parametrize("slug", SLUGS)
def test_published_statements_bear_the_number_of_their_row(built: Built, layout: Layout, slug: str) -> None:
    told = pl.read_parquet(tables(slug) / "t-overview-statements.parquet")
    ids = told["source"].str.extract("，([A-Z][0-9]+)）$")
    assert ids.null_count() == 0
    assert set(ids) <= set(origins.names(layout))
