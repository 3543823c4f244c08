"""The codelists of the scenarios, as the package nomenclature reads them: `DataStructureDefinition("iamc/definitions")`.

Variables with their units, regions by kind, scenarios, and the model, one file each.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
import yaml

from pipeline.given import reference
from pipeline.given.regions import NATION
from pipeline.indicators.model import Catalogue
from pipeline.language.words import CHINESE
from pipeline.layout import Layout
from pipeline.publish.codes import ENGLISH
from pipeline.scenarios.exchange import VARIABLES

FOLDER = "iamc/definitions"
LISTS = ("variable/variables.yaml", "region/regions.yaml", "scenario/scenarios.yaml", "model/models.yaml")


def files(layout: Layout, catalogue: Catalogue, rows: pl.DataFrame, titles: Mapping[str, str]) -> dict[str, bytes]:
    """Content by name. rows: `whole.SCENARIOS`; titles: of scenarios, by name."""
    about = {variable: measure.partition("/")[0] for measure, (variable, _) in VARIABLES.items()}
    variables = []
    for name, unit in rows.select("variable", "unit").unique().sort(pl.all()).iter_rows():
        indicator = catalogue.indicators.get(about.get(name, ""))
        said = {"description": f"{indicator.title}。{indicator.definition.text}"} if indicator else {}
        variables.append({name: {**said, "unit": unit}})
    here = set(rows["region"])
    provinces = reference.provinces(layout).filter(pl.col("short_zh").is_in(here))
    nation = (
        [{NATION.name_zh: {"name_en": ENGLISH.say(NATION.name_zh), "iso_3166": "CN"}}] if NATION.name_zh in here else []
    )
    kinds = [
        {CHINESE("site_nation"): nation},
        {
            CHINESE("site_provinces"): [
                {zh: {"name_en": en, "gb_2260": code, "iso_3166": f"CN-{letters}"}}
                for zh, en, code, letters in provinces.select("short_zh", "name_en", "code", "letter_code").iter_rows()
            ]
        },
    ]
    scenarios = [{name: {"description": titles.get(name, name)}} for name in sorted(set(rows["scenario"]))]
    regions = [kind for kind in kinds if all(kind.values())]
    told = (variables, regions, scenarios, sorted(set(rows["model"])))
    return {f"{FOLDER}/{name}": _yaml(listed) for name, listed in zip(LISTS, told, strict=True)}


def _yaml(listed: Any) -> bytes:
    return yaml.safe_dump(listed, allow_unicode=True, sort_keys=False, width=1000).encode()
