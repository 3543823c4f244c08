"""The indicator table as one report reads it: its own region and year, and those it is compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from pipeline.filings.contracts import BY_NAME
from pipeline.filings.frame import BY_ENTERPRISE
from pipeline.findings import (
    Comparison,
    CoversBriefly,
    FewIn,
    FiledFrom,
    Formula,
    Measure,
    MeasuredAt,
    NotCovered,
    Remarks,
    RestsOnFew,
    Sentences,
    comparison,
)
from pipeline.given.reference import Plan, Target
from pipeline.given.regions import NATION_CODE, Region
from pipeline.indicators import coverage, flags
from pipeline.indicators.evaluate import ECONOMIC
from pipeline.indicators.model import Catalogue, members
from pipeline.indicators.scorecard import (
    CONFIDENTIAL,
    NATIONAL,
    NOT_COVERED,
    NOT_DEFINED,
    NOT_FRAMED,
    NOT_MET,
    Judgement,
    scorecard,
)
from pipeline.language.terms import Term, term
from pipeline.wording import WITHHELD, Withheld, percent

FEW = 5  # of so many things the quotient turns on a single one
OF_THINGS = ("sites", "data_centres", "rooms")  # tables with a row for each thing
_IS_WITHHELD = pl.col("flag") == flags.SUPPRESSED


def told(row: Mapping[str, Any] | None) -> float | None:
    return None if row is None else WITHHELD if row["flag"] == flags.SUPPRESSED else row["value"]


@dataclass(frozen=True)
class View:
    """table: `evaluate.TABLE`, up to `year`. provinces: see `reference.provinces`. names: entity_id -> name.
    marked: short names of provinces that figures set apart, besides the report's own.
    without_entities: whether values of single enterprises are kept back, as they are from the public. covered:
    `coverage.COVERAGE`."""

    table: pl.DataFrame
    catalogue: Catalogue
    region: Region
    year: int
    provinces: pl.DataFrame
    names: dict[str, str]
    marked: tuple[str, ...] = ()
    without_entities: bool = False
    covered: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=coverage.COVERAGE))

    def measure(self, id: str) -> Measure:
        """How the indicator is called and printed."""
        return self.catalogue[id].measure

    def zero(self, target: Target) -> float:
        """Where nothing of the way to a target is done: a PUE begins at 1, a change at 0."""
        return (self.catalogue[target.indicator].valid_range or (0.0,))[0] if target.is_limit else 0.0

    def rows(self, id: str, region: str | None = None, dimension: str | None = None) -> pl.DataFrame:
        """Every year and member of the indicator for a region (its code; default: the report's), all entities as one."""
        return self.table.filter(
            (pl.col("indicator_id") == id)
            & (pl.col("region_code") == (region or self.region.code))
            & pl.col("entity_id").is_null()
            & pl.col("dimension").eq_missing(pl.lit(dimension, pl.String))
        )

    def row(self, id: str, region: str | None = None, year: int | None = None) -> dict[str, Any] | None:
        """The row of the table, or None where there is none."""
        found = self.rows(id, region).filter(pl.col("year") == (year or self.year))
        return found.row(0, named=True) if found.height else None

    def value(self, id: str, region: str | None = None, year: int | None = None) -> float | None:
        found = self.row(id, region, year)
        return found["value"] if found else None

    def path(self, id: str, region: str | None = None) -> pl.DataFrame:
        """year, value: the years that have one, from the baseline on."""
        return self.rows(id, region).select("year", "value").drop_nulls().sort("year")

    def told(self, id: str, region: str | None = None, year: int | None = None) -> float | None:
        """`value`, but WITHHELD where it is not published."""
        return told(self.row(id, region, year))

    def is_withheld(self, *ids: str) -> bool:
        """Whether any value of the report's region and year is not published."""
        return any(isinstance(self.told(id), Withheld) for id in ids)

    def by_province(self, id: str, year: int | None = None) -> dict[str, float | None]:
        """Short name -> value of each of the 31, None where it has none, WITHHELD where it is not published."""
        listed = self.provinces.filter("in_31").select("code", "short_zh")
        found = self.table.filter(
            (pl.col("indicator_id") == id) & (pl.col("year") == (year or self.year))
            & pl.col("entity_id").is_null() & pl.col("dimension").is_null()
        )  # fmt: skip
        joined = listed.join(found, left_on="code", right_on="region_code", how="left", maintain_order="left")
        return {row["short_zh"]: told(row) for row in joined.iter_rows(named=True)}

    def compared(self, id: str, year: int | None = None) -> dict[str, float | None]:
        """Name -> value of the report's region, then of those beside it: its economic region and the nation."""
        return {name: self.told(id, code, year) for name, code in self.beside(id).items()}

    def beside(self, *ids: str) -> dict[str, str]:
        """Name -> region_code: the report's own region first, then its economic region and the nation, where another
        province has a value of one of `ids` in the report's year: else they would be the own region once more."""
        own = {self.region.short_zh: self.region.code}
        if self.region.is_nation:
            return own
        there = self.table.filter(
            pl.col("indicator_id").is_in(ids), pl.col("year") == self.year, pl.col("entity_id").is_null(),
            pl.col("dimension").is_null(), pl.col("value").is_not_null() | _IS_WITHHELD,
        )  # fmt: skip
        others = self.provinces.filter(pl.col("code").is_in(there["region_code"].implode()) & (pl.col("code") != self.region.code))  # fmt: skip
        area = self.region.economic_region
        near = {area: ECONOMIC[area]} if area and area in others["economic_region"] else {}
        return own | near | ({"全国": NATION_CODE} if others.height else {})

    def lies(self, id: str) -> Comparison | None:
        """How the value of the report's region, which was told before, lies beside those of `beside`; None where there is
        none to tell, or none beside it."""
        others = self.compared(id)
        del others[self.region.short_zh]
        found = comparison(self.measure(id), self.region.short_zh, self.value(id), others, value_told=True)
        return found if isinstance(found, Comparison) and (found.relations or found.others) else None

    def by_member(self, id: str, dimension: str, region: str | None = None, partly: bool = False) -> pl.DataFrame:
        """year, name, value, numerator, denominator, n_rows, member: the members of a dimension that have a value.

        A year in which one of them is not published is left out, for shares of what is left would be wrong; partly: then
        the others are told.
        """
        names = members(dimension, self.catalogue[id].table)
        rows = self.rows(id, region, dimension)
        if not partly:
            rows = rows.join(
                rows.filter(_IS_WITHHELD).select("year").unique(), on="year", how="anti", maintain_order="left"
            )
        return (
            rows.drop_nulls("value")
            .with_columns(name=pl.col("member").replace(names))
            .select("year", "name", "value", "numerator", "denominator", "n_rows", "member")
        )  # fmt: skip

    def told_by_member(self, id: str, dimension: str, year: int | None = None) -> dict[str, float]:
        """Name of the member -> value of the report's region and a year (default: the report's), WITHHELD where it is not
        published."""
        names = members(dimension, self.catalogue[id].table)
        rows = self.rows(id, None, dimension).filter(pl.col("year") == (year or self.year))
        values = {names.get(row["member"], row["member"]): told(row) for row in rows.iter_rows(named=True)}
        return {name: value for name, value in values.items() if value is not None}

    def parts_withheld(self, id: str, dimension: str) -> bool:
        """Whether a member of a dimension is not published, of the report's region and year."""
        return not self.rows(id, None, dimension).filter(_IS_WITHHELD, pl.col("year") == self.year).is_empty()

    def by_entity(self, id: str, region: str | None = None) -> pl.DataFrame:
        """year, name, value, numerator, denominator, n_rows, few: the enterprises that have a value; few: whether it is a
        quotient of fewer than FEW sites, centres or rooms."""
        return (
            self.table.filter(
                (pl.col("indicator_id") == id) & (pl.col("region_code") == (region or self.region.code))
                & pl.col("entity_id").is_not_null() & pl.col("dimension").is_null() & pl.col("value").is_not_null()
            )
            .with_columns(name=pl.col("entity_id").replace(self.names))
            .with_columns(few=pl.lit(self._of_things(id)) & pl.col("n_rows").is_between(1, FEW - 1))
            .select("year", "name", "value", "numerator", "denominator", "n_rows", "few")
            .sort("name", "year")
        )  # fmt: skip

    def remarks(self, *ids: str) -> Remarks:
        """What has to be said beside the report's own values: the sentences of their flags, each once."""
        rows = [row for id in ids if (row := self.row(id))]
        told = [sentence for row in rows for sentence in flags.sentences(row["flag"]) if row["value"] is None or sentence != flags.FLAGS["no_factor"]]  # fmt: skip
        few = [
            RestsOnFew(self.catalogue[id].title, row["n_rows"], self._things(id))
            for row in rows
            if self._is_of_few(row) and (id := row["indicator_id"])
        ]
        return Remarks(tuple(dict.fromkeys([*told, *few])))

    def few(self, id: str) -> FewIn | str:
        """`few_provinces` in words; empty without any."""
        names = self.few_provinces(id)
        return FewIn(FEW, self._things(id), tuple(names)) if names else ""

    def few_provinces(self, id: str) -> list[str]:
        """The provinces whose value of the report's year is a quotient of fewer than FEW things; none for the public, who
        does not read how many stand behind a value."""
        if self.without_entities:
            return []
        rows = self.table.filter(
            pl.col("indicator_id") == id, pl.col("year") == self.year, pl.col("entity_id").is_null(), pl.col("dimension").is_null()
        ).join(self.provinces.filter("in_31").select("short_zh", region_code="code"), on="region_code")  # fmt: skip
        return [row["short_zh"] for row in rows.iter_rows(named=True) if self._is_of_few(row)]

    def _things(self, id: str) -> str:
        return self.catalogue[id].table or ""

    def _is_of_few(self, row: Mapping[str, Any]) -> bool:
        """Whether a value is a quotient of fewer than FEW sites, centres or rooms."""
        return self._of_things(row["indicator_id"]) and row["value"] is not None and 0 < (row["n_rows"] or 0) < FEW

    def _of_things(self, id: str) -> bool:
        return self.catalogue[id].is_quotient and self.catalogue[id].table in OF_THINGS

    def unverified(self, id: str) -> list[int]:
        """The years of the report's region whose value rests on a factor that could not be verified."""
        marked = pl.col("flag").fill_null("").str.split(",").list.contains("factor_unverified")
        return self.rows(id).filter(marked, pl.col("value").is_not_null())["year"].sort().to_list()

    def beyond_status(self, id: str) -> Remarks:
        """`remarks` of an indicator, but not that nothing was filed, which the status of a target says."""
        said = self.remarks(id)
        return Remarks() if said.parts == (flags.FLAGS["not_filed"],) else said

    def instead(self, plan: Plan) -> dict[str, tuple[str, Any]]:
        """Indicator id -> status and reason, where a target cannot be judged by its value alone.

        Of a province: what is not told by province. Of the nation: what was filed is not the industry, which goes before all
        else; too few provinces filed in both years; the two measures of 5G base stations disagree in direction (the plan defines neither);
        a category of cases is short of its quota.
        """
        ids = [target.indicator for target in plan.targets]
        closed: dict[str, tuple[str, Any]] = {
            id: (CONFIDENTIAL, flags.FLAGS[flags.SUPPRESSED]) for id in ids if self.is_withheld(id)
        }
        if not self.region.is_nation:
            return closed | {
                id: (NATIONAL, term("national_only")) for id in ids if not self.catalogue.has_provinces(id)
            }
        found = closed | {
            target.indicator: (NOT_COVERED, flags.FLAGS["coverage"])
            for target in plan.targets
            if "coverage" in ((self.row(target.indicator) or {}).get("flag") or "").split(",")
        }
        gain, each = self.value("bs.efficiency_gain_5g"), self.value("bs.energy_per_station.change")
        aim = plan.target("bs.efficiency_gain_5g")
        if aim is not None and not aim.definition_in_plan and gain is not None and each is not None and gain * each > 0:
            found[aim.indicator] = (NOT_DEFINED, term("two_measures_differ", change=percent(each, sign=True)))
        if self.value("cases.count") is not None:
            counted = dict(self.rows("cases.count", dimension="category").filter(year=self.year).select("member", "value").iter_rows())  # fmt: skip
            short = [
                term("short_of_quota", what=quota.title, n=round(n), quota=quota.quota)
                for quota in plan.case_quotas
                if (n := counted.get(quota.id) or 0) < quota.quota
            ]
            if short:
                found["cases.count"] = (NOT_MET, Remarks(tuple(short)))
        for id in ids:
            if id not in closed and flags.FRAME in ((self.row(id) or {}).get("flag") or "").split(","):
                found[id] = (NOT_FRAMED, self.uncovered(id))
        return found

    def judged(self, plan: Plan) -> list[Judgement]:
        """How the targets stand in the report's region, one judgement each: the only way to a status."""
        values = {target.indicator: self.value(target.indicator) for target in plan.targets}
        statuses = {id: status for id, (status, _) in self.instead(plan).items()}
        return scorecard(plan, values, self.year, self.region, statuses)

    def judged_by(self, plan: Plan, indicator: str) -> Judgement | None:
        """How the target on an indicator stands; None where the plan sets none."""
        return next((one for one in self.judged(plan) if one.target.indicator == indicator), None)

    def uncovered(self, id: str) -> NotCovered | str:
        """What the filings behind an indicator lack of the industry."""
        row = coverage.short(self.covered, self.catalogue.tables(id))
        return NotCovered(coverage.told(row), row["needed"]) if row else flags.FLAGS[flags.FRAME]

    def coverage(self, *ids: str) -> CoversBriefly | str:
        """How much of the industry the nation's values of `ids` stand for; empty of a province."""
        if not self.region.is_nation or self.covered.is_empty() or not self.has(*ids):
            return ""
        whole = [
            id for id in ids if not self.catalogue[id].internal
        ]  # of optional columns, which not all of a table's filers fill
        filed = [name for id in whole for name in self.catalogue.tables(id) if name in BY_ENTERPRISE]
        tables = tuple(dict.fromkeys(filed))
        return coverage.briefly(self.covered, tables) if tables else ""

    def filed_from(self) -> FiledFrom | str:
        """Says, where not all 31 have a value of the report's year, of which provinces the nation's values are."""
        there = self.table.filter(pl.col("year") == self.year, pl.col("value").is_not_null() | _IS_WITHHELD)
        listed = self.provinces.filter("in_31").with_columns(
            _filed=pl.col("code").is_in(there["region_code"].implode())
        )
        names, missing = (tuple(listed.filter(_filed=filed)["short_zh"]) for filed in (True, False))
        return FiledFrom(self.year, names, missing) if names and missing else ""

    def has(self, *ids: str) -> bool:
        """Whether any of the indicators has a value for the report's region and year."""
        return any(self.value(id) is not None for id in ids)

    def tables(self, *ids: str) -> list[str]:
        """The Chinese names of the tables that the indicators are made of."""
        return list(dict.fromkeys(BY_NAME[name].zh for id in ids for name in self.catalogue.tables(id)))

    def method(self, *ids: str) -> Sentences:
        """How the indicators are computed, as the methods appendix has it, and what has to be said of these values."""
        told = [Formula(self.catalogue[id].title, self.catalogue[id].definition.formula) for id in ids]
        measured = map(self.measured, ids)
        return Sentences((*told, *measured, self.coverage(*ids), self.said(*ids), self.gaps(*ids)))

    def measured(self, id: str) -> MeasuredAt | str:
        """How much of the electricity behind a PUE was metered by which category; empty where none was filed, or a part is not
        published."""
        if "measured_at" not in self.catalogue[id].dimensions:
            return ""
        rows = self.by_member(id, "measured_at").filter(pl.col("year") == self.year)
        used = dict(rows.select("member", "numerator").iter_rows())
        if None in used.values() or set(used) <= {"unknown"}:
            return ""
        names, whole = members("measured_at"), sum(used.values())
        return MeasuredAt(
            self.catalogue[id].title, tuple((names[one], used[one] / whole) for one in names if used.get(one))
        )

    def gaps(self, *ids: str, dimension: str | None = None) -> Term | str:
        """That some values of the report's region or those beside it are not published, other than the report year's own,
        of which `said` tells; empty where all are. dimension: of its members."""
        here = pl.col("region_code").is_in(list(self.beside(*ids).values()))
        own = (pl.col("region_code") == self.region.code) & (pl.col("year") == self.year)
        asked = pl.col("indicator_id").is_in(ids) & pl.col("dimension").eq_missing(pl.lit(dimension, pl.String))
        hidden = self.table.filter(asked & here & _IS_WITHHELD & (~own | pl.col("dimension").is_not_null()))
        return "" if hidden.is_empty() else term("some_withheld")

    def said(self, *ids: str) -> Sentences:
        """`remarks` as a sentence of the report's region and year."""
        return Sentences((replace(self.remarks(*ids), year=self.year, region=self.region.short_zh),))
