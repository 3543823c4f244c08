"""Why did a number change between two states of the history? A parameter, a correction, a formula, what was filed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pipeline.build.history import Entry
from pipeline.filings.contracts import BY_NAME
from pipeline.findings import Names, Remarks
from pipeline.given.params import Params
from pipeline.given.regions import NATION_CODE
from pipeline.indicators.model import Catalogue, Indicator
from pipeline.language.terms import Term, term
from pipeline.scenarios.drivers import DRIVERS

UNKNOWN = term("why_unknown")
OF_PROVINCES = term("why_of_provinces")  # an entry has the parameters of its own region only
NAMED = 3  # files that are named; more are counted
COAL = (
    "electricity_coal_method", "electricity_coal_coefficient_kgce_per_kwh", "natural_gas_kgce_per_m3", "water_kgce_per_t",
)  # fmt: skip
FUELS = ("fuel_factor_set",)


def why(id: str, region: str, short_zh: str, before: Entry, after: Entry, catalogue: Catalogue) -> Remarks:
    """What changed of all on which the indicator's value in a region (code, name) rests, to be said as a phrase.

    Reference data, the version of this product and another year of report are told where nothing nearer is known.
    """
    tables = set(catalogue.tables(id)) or set(BY_NAME)
    near = [
        *_parameters(id, before, after, catalogue),
        *_formula(id, before, after),
        *_corrections(tables, "" if region == NATION_CODE else short_zh, before, after),
        *_filings(tables, before, after),
    ]
    return Remarks(tuple(near or _afar(before, after)) or (UNKNOWN,))


def of_projection(id: str, region: str, short_zh: str, before: Entry, after: Entry, catalogue: Catalogue) -> Remarks:
    """The same of a projected value: its drivers, else what changed of the value from which it starts."""
    found = Remarks(tuple(_changed(DRIVERS, before, after))) or why(id, region, short_zh, before, after, catalogue)
    return Remarks((OF_PROVINCES,)) if found.parts == (UNKNOWN,) and region == NATION_CODE else found


def _parameters(id: str, before: Entry, after: Entry, catalogue: Catalogue) -> Iterator[Term]:
    ones = [one for one in catalogue.only([id]) if one.table]
    coal = COAL if any(_in_coal(one) for one in ones) else ()
    fuels = FUELS if any(one.table in ("carbon", "cases") for one in ones) else ()
    return _changed((*coal, *fuels), before, after)


def _changed(keys: Iterable[str], before: Entry, after: Entry) -> Iterator[Term]:
    """What became of the parameters that are not what they were."""
    for key in keys:
        one, other = (entry.parameters[key][0] if key in entry.parameters else None for entry in (before, after))
        if one != other:
            title, none = Params.model_fields[key].title, term("none_set")
            yield term("why_parameter", title=title, before=one or none, after=other or none)


def _in_coal(one: Indicator) -> bool:
    return any("tce" in (text or "") for text in (one.numerator, one.denominator)) and one.table != "carbon"


def _formula(id: str, before: Entry, after: Entry) -> Iterator[Term]:
    one, other = before.declarations.get(id), after.declarations.get(id)
    if one and other and one != other:
        yield term("why_formula")


def _corrections(tables: set[str], region: str, before: Entry, after: Entry) -> Iterator[Term]:
    """Corrections that only one of the two has; those that name another province do not touch a province."""
    for key, of, others in (("why_corrected", after, before), ("why_not_corrected", before, after)):
        for one in of.corrections:
            if one in others.corrections or one["table"] not in tables:
                continue
            reason = one["reason"] or term("no_reason_given")
            yield term(key, table=BY_NAME[one["table"]].zh, row=one["key"], reason=reason)


def _filings(tables: set[str], before: Entry, after: Entry) -> Iterator[Term]:
    """Files of the tables that came, went, or are others."""
    old, new = (
        {file: of["sha256"] for file, of in entry.filings.items() if tables & set(of["tables"])}
        for entry in (before, after)
    )
    for key, files in (
        ("why_filed", [file for file in new if file not in old]),
        ("why_refiled", [file for file in new if file in old and new[file] != old[file]]),
        ("why_not_filed", [file for file in old if file not in new]),
    ):
        if files:
            yield term(key, files=_named(files))


def _named(files: Sequence[str]) -> list[Any]:
    rest = [term("and_files_in_all", n=len(files))] if len(files) > NAMED else []
    return [Names(tuple(files[:NAMED])), *rest]


def _afar(before: Entry, after: Entry) -> Iterator[Term]:
    both = sorted({*before.reference, *after.reference})
    files = [file for file in both if before.reference.get(file) != after.reference.get(file)]
    if files:
        yield term("why_reference", files=_named([file.rpartition("/")[2] for file in files]))
    if before.year != after.year:
        yield term("why_year", before=before.year, after=after.year)
    if before.version != after.version:
        yield term("why_version", before=before.version, after=after.version)
