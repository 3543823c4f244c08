"""What may be filed: the fourteen tables with their columns, as tables.yml declares them, each once.

A `Column` is what an enterprise fills in; `SCHEMAS` are the canonical tables that come out, made from the same
declarations. Canonical means: codes as Enums, quantities in the first unit listed, an annual row with month 0, what
a key may lack as 0 or "" (dataframely allows no nulls in a key), `commissioned` as commissioned_year and
commissioned_month, a province as its six digits with `sub_region` (the city or 兵团 that was filed, else "") and
`is_control` (a row of the nation: compared with the sum, never summed).

Keys may have more than what they tell apart: a province's comes with sub_region, for 深圳 and 大连 are filed apart from
their provinces, energy's with counterparty_id, for a tower company passes power on to several operators, and that of
equipment with place_id, for who keeps his books by site or room.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal

import dataframely as dy
import polars as pl
import yaml

_MANY = 40  # codes that a sentence does not list
SOURCE = {"source_file": pl.String(), "source_sheet": pl.String(), "source_row": pl.Int64()}  # beside each table

Kind = Literal[
    "id", "text", "code", "integer", "year", "month", "date", "number", "share", "flag", "province", "quantity", "unit"
]
_TYPES: dict[Kind, pl.DataType] = {
    **dict.fromkeys(("id", "text", "unit", "province"), pl.String()),
    **dict.fromkeys(("integer", "year", "month"), pl.Int64()),
    **dict.fromkeys(("number", "share", "quantity"), pl.Float64()),
    "flag": pl.Boolean(),
}


@dataclass(frozen=True)
class Column:
    """One column as filed.

    headers: Chinese ones, the template's first; the English name is always one. default: for an empty cell, or
    "=name" (another column, or filing_year). low, high: inclusive, in canonical units. members: code -> Chinese
    spellings, the template's first. units: units that are one and the same, the canonical first, by the code in
    column `by` ("" where it is always the same).
    """

    name: str
    headers: tuple[str, ...]
    kind: Kind
    required: bool = True
    default: int | str | None = None
    low: int | float | None = None
    high: int | float | None = None
    members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    units: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    by: str = ""
    nation: bool = True  # whether a province column may name the nation
    yearly: bool = False  # whether a value is compared with that of the previous year
    note: str = ""
    example: str | float | None = None  # what the template shows

    @property
    def zh(self) -> str:
        return self.headers[0]

    @property
    def spellings(self) -> tuple[str, ...]:
        """What its header may be."""
        return (self.name, *self.headers)

    @property
    def unit(self) -> str | None:
        """The canonical unit, where it does not depend on another column."""
        return self.units[""][0] if "" in self.units else None

    @cached_property
    def dtype(self) -> pl.DataType:
        """The canonical type; a date has two columns of it."""
        if self.kind == "code":
            return pl.Enum(list(self.members))
        return pl.Int64() if self.kind == "date" else _TYPES[self.kind]

    @property
    def canonical(self) -> tuple[str, ...]:
        """The columns that it becomes."""
        if self.kind == "date":
            stem = self.name.removesuffix("_on")
            return (f"{stem}_year", f"{stem}_month")
        return (self.name, "sub_region", "is_control") if self.kind == "province" else (self.name,)

    @property
    def expected(self) -> str:
        """What would be right: `非负数，如 12500`."""
        if self.kind == "code" and len(self.members) > _MANY:
            return self.note
        if self.kind == "code":
            return "、".join(spellings[0] for spellings in self.members.values()) + " 之一"
        if self.kind in ("integer", "number", "quantity", "year"):
            noun = {"integer": "整数", "year": "四位年份"}.get(self.kind, "数")
            if self.low is not None and self.high is not None:
                return f"{self.low:g} 至 {self.high:g} 的{noun}"
            if self.low == 0:
                return "非负整数，如 12500" if self.kind == "integer" else "非负数，如 12500"
            return noun if self.low is None else f"不小于 {self.low:g} 的{noun}"
        years = f"，{self.low:g} 至 {self.high:g} 年" if self.kind == "date" else ""
        return _EXPECTED.get(self.kind, "非空文字") + years


_EXPECTED: dict[Kind, str] = {
    "month": "1 至 12，逐月填报，不填季度或累计；年度数据留空",
    "date": "YYYY 或 YYYY-MM，如 2023-05",
    "share": "0 至 1 的小数或百分数，如 60%",
    "flag": "是 或 否",
    "province": "31 个省（区、市）的名称或代码，如 广东、440000",
    "unit": "计量单位，如 万千瓦时",
}


@dataclass(frozen=True)
class Table:
    """One table: its names (the template's sheet name first), its key in canonical columns, its columns. optional: see tables.yml."""

    name: str
    names: tuple[str, ...]
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    about: str = ""
    filer: str = ""
    note: str = ""
    optional: bool = False

    @property
    def zh(self) -> str:
        return self.names[0]

    def column(self, name: str) -> Column:
        """By its own name or one of its canonical columns. Raises KeyError."""
        for column in self.columns:
            if name == column.name or name in column.canonical:
                return column
        raise KeyError(f"{self.name}.{name}")

    @property
    def yearly(self) -> list[str]:
        """The values that are compared with those of the year before."""
        return [column.name for column in self.columns if column.yearly]

    def has(self, *names: str) -> bool:
        return set(names) <= set(self.dtypes)

    @cached_property
    def dtypes(self) -> dict[str, pl.DataType]:
        """The canonical columns and their types, without SOURCE."""
        types: dict[str, pl.DataType] = {}
        for column in self.columns:
            types |= dict.fromkeys(column.canonical, column.dtype)
        return types | ({"is_control": pl.Boolean()} if "is_control" in types else {})


# --- the declarations --------------------------------------------------------------------------------------

_NUMERALS = [f"{ten}{one}" for ten in ("", "十", "二十") for one in ("", *"一二三四五六七八九")][1:]
ACTIONS: dict[str, tuple[str, ...]] = {
    **{str(n): (str(n), f"行动{n}", f"行动{zh}") for n, zh in enumerate(_NUMERALS, 1)},
    **{f"S{n}": (f"S{n}", f"保障{n}", f"保障{zh}", f"保障措施{zh}") for n, zh in enumerate(_NUMERALS[:12], 1)},
}
"""Actions and safeguards as they may be written; which of them there are, the plan says."""


def _columns(shared: Mapping[str, Any], own_columns: Mapping[str, Any]) -> Iterator[Column]:
    """Columns of a table from what is declared of each, and of those that tables share."""
    units_by: dict[str, dict[str, tuple[str, ...]]] = {}
    for name, own in own_columns.items():
        given = shared.get(name, {}) | (own or {})
        kind, members = given["kind"], given.get("members", {})  # code -> how it may be written, or that and its units
        units_by[name] = {code: _words(one["units"]) for code, one in members.items() if isinstance(one, dict)}
        units = {"": _words(given["units"])} if "units" in given else units_by.get(given.get("by"), {})
        own_unit = f"；计量单位 {units[''][0]}，用其他单位时写在表头括号里" if "" in units else ""
        notes = {"code": "从下拉列表中选择", "number": "非负数", "quantity": f"非负数{own_unit}"}
        implied = {"low": 0 if kind in ("number", "quantity") else None, "note": notes.get(kind, "")}
        names = {code: _words(one["names"] if isinstance(one, dict) else one) for code, one in members.items()}
        spelt = ACTIONS if name == "action_no" else names
        yield Column(
            name, **(implied | given | {"headers": _words(given["headers"]), "members": spelt, "units": units})
        )


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def declared(name: str) -> dict[str, Any]:
    """A data file of this package. It is ours, so it is not looked at before it is read."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # in C ten times as fast
    return dict(yaml.load(Path(__file__).with_name(name).read_text("utf-8"), loader))


_DECLARED = declared("tables.yml")
FIRST_YEAR, LAST_YEAR = _DECLARED["years"]["first"], _DECLARED["years"]["last"]
OFFERED_UNITS = {unit: _words(offered) for unit, offered in _DECLARED["offered_units"].items()}
"""What a unit column offers for each canonical unit; any other unit offers itself."""
TABLES = tuple(
    Table(name, **(one | {
        "names": _words(one["names"]), "key": _words(one["key"]), "columns": (*_columns(_DECLARED["shared"], one["columns"]),),
    }))
    for name, one in _DECLARED["tables"].items()
)  # fmt: skip
BY_NAME = {table.name: table for table in TABLES}
OPTIONAL = frozenset(table.name for table in TABLES if table.optional)
CARRIER_UNITS, METRIC_UNITS = BY_NAME["energy"].column("quantity").units, BY_NAME["activity"].column("value").units
METRICS: dict[str, tuple[str, tuple[str, ...]]] = {
    code: (spelt[0], BY_NAME["action_metrics"].column("value").units[code])
    for code, spelt in BY_NAME["action_metrics"].column("metric").members.items()
}
"""Metric -> (Chinese name, units that are one and the same); to which action it belongs, the plan says."""

# --- the canonical form ------------------------------------------------------------------------------------


def _schema(table: Table) -> type[dy.Schema]:
    """Types, ranges, nulls and the primary key of the canonical table, as dataframely has them."""
    columns: dict[str, dy.Column] = {}
    for name, dtype in table.dtypes.items():
        column = table.column(name)
        month = name.endswith("_month")
        always = name in ("sub_region", "is_control") or ((column.required or column.default is not None) and not month)
        nulls: dict[str, Any] = {"nullable": not always, "primary_key": name in table.key}
        low, high = (1, 12) if month else (column.low, column.high)
        if column.default == 0 and low:  # 0 stands for "none" in a key
            low = 0
        if isinstance(dtype, pl.Enum):
            columns[name] = dy.Enum(dtype.categories, **nulls)
        elif dtype == pl.Int64:
            columns[name] = dy.Int64(min=_int(low), max=_int(high), **nulls)
        elif dtype == pl.Float64:
            columns[name] = dy.Float64(min=low, max=high, **nulls)
        elif dtype == pl.Boolean:
            columns[name] = dy.Bool(**nulls)
        else:
            columns[name] = dy.String(regex="^[0-9]{6}$" if name == "province_code" else None, **nulls)
    for name in SOURCE:
        columns[name] = dy.Int64(nullable=True) if name == "source_row" else dy.String(nullable=True)
    return type(table.name, (dy.Schema,), dict(columns))


def _int(bound: float | None) -> int | None:
    return None if bound is None else int(bound)


SCHEMAS: dict[str, type[dy.Schema]] = {table.name: _schema(table) for table in TABLES}

# --- what is meant by a name or a header -------------------------------------------------------------------


def fold(text: str) -> str:
    """The form in which headers, names and codes are compared: half-width, lower case, no blanks, `_-*、:`."""
    return re.sub(r"[\s_\-*、:·\u200b-\u200d\u2060\ufeff]", "", unicodedata.normalize("NFKC", text).casefold())


def table_of(name: str) -> Table | None:
    """The table that a file or sheet name means, with what stands around it (`表2 能源消耗_2025.xlsx`); or None.

    None also where a name holds the names of two tables.
    """
    plain = unicodedata.normalize("NFKC", name).casefold()
    plain = re.sub(r"(\.(xlsx|csv|parquet)|[\s_-]*审核意见)+$", "", plain.strip())  # also of a workbook with remarks
    plain = re.sub(r"[\s\-]+", "_", plain)
    found = [(spelling, table) for spelling, table in _TABLE_NAMES.items() if _stands_in(spelling, plain)]
    longest = [one for one in found if not any(one[0] != other and one[0] in other for other, _ in found)]
    tables = {table.name: table for _, table in longest}
    return next(iter(tables.values())) if len(tables) == 1 else None


_TABLE_NAMES = {name.casefold(): table for table in TABLES for name in (table.name, *table.names)}


def _stands_in(spelling: str, plain: str) -> bool:
    """English names as whole words; Chinese names of one or two characters only where nothing else stands."""
    if spelling.isascii():
        return re.search(rf"(?<![a-z]){re.escape(spelling)}(?![a-z])", plain) is not None
    bare = re.sub(r"[\d\W_年度表附件]", "", plain) if not spelling[0].isdigit() else plain
    return bare == spelling or (len(spelling) > 2 and spelling in plain)


def column_of(table: Table, header: str) -> tuple[Column, str | None] | None:
    """The column that a header means, and the unit in its brackets: `总耗电量（万kWh）`; None if unknown.

    A bracket after the name of a column without units (`租户数（个）`) is a remark.
    """
    known = _headers(table.name)
    if column := known.get(fold(header)):
        return column, None
    bracket = re.fullmatch(
        r"(.*?)[(\[【](?:单位:?)?([^()\[\]【】]*)[)\]】]",
        re.sub(r"\s+", " ", unicodedata.normalize("NFKC", header)).strip(" *"),
    )
    if bracket is None or (column := known.get(fold(bracket[1]))) is None:
        return None
    has_unit = bool(column.units) or column.kind in ("share", "number", "integer")
    return column, (bracket[2].strip() or None) if has_unit else None


def columns_of(table: Table, headers: Iterable[str]) -> dict[str, tuple[str, str | None]]:
    """The columns that headers mean, by their names: the first header of each, and the unit in its brackets."""
    found: dict[str, tuple[str, str | None]] = {}
    for header in headers:
        if known := column_of(table, header):
            found.setdefault(known[0].name, (header, known[1]))
    return found


@cache
def _headers(name: str) -> dict[str, Column]:
    return {fold(text): column for column in BY_NAME[name].columns for text in column.spellings}


def headers() -> tuple[str, ...]:
    """All header texts of all tables, English and Chinese, without unit brackets; first those of most tables."""
    columns = [column for table in TABLES for column in table.columns]
    often = Counter(column.zh for column in columns)
    columns.sort(key=lambda column: -often[column.zh])
    return tuple(
        dict.fromkeys([*(column.zh for column in columns), *(text for one in columns for text in one.spellings)])
    )
