"""What does this text mean? One sheet of text becomes canonical rows, and each cell that means nothing a finding.

A number counts as the decimal that is printed, and all units are powers of ten apart, so a conversion moves the
decimal point in the text and never multiplies: 1.2 万kWh are 12000 kWh, 4.35 万kWh 43500. Codes, provinces and units
are looked up once per distinct text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import polars as pl

from pipeline import regions, units
from pipeline.errors import DataError
from pipeline.filings.contracts import SOURCE, Column, Table, column_of, fold
from pipeline.filings.readers import clean, number
from pipeline.filings.rules import CELL_RULES, FINDING, INTAKE_RULES, message
from pipeline.layout import Layout

_NOT_CONTRACT = (*SOURCE, "_ragged", "_extra")  # columns of the readers
_DATE = (
    r"^(?:(\d{4})(?:年|\.0+)?|(\d{4})(?:年|[-/])(\d{1,2})(?:月|(?:月|[-/])(\d{1,2})日?(?:[ T].*)?)?"
    r"|(\d{4})\.(\d{2})(?:\.(\d{2}))?)$"  # 2023.1 may be a number that lost the zero of October
)
_INT_LIMIT = 2.0**53
_MANY = {"百": 2, "千": 3, "万": 4, "十万": 5, "百万": 6, "千万": 7, "亿": 8, "万亿": 12}
FLAGS = dict.fromkeys(("是", "yes", "y", "true", "1"), True) | dict.fromkeys(("否", "no", "n", "false", "0"), False)


@dataclass(frozen=True)
class Normalised:
    """`frame`: the canonical columns of the table, then SOURCE, one row for each row of the sheet, null where a cell
    failed. `findings`: the columns of `rules.FINDING`; row is null where a header is meant. `rejected`: per row."""

    frame: pl.DataFrame
    findings: pl.DataFrame
    rejected: pl.Series


@dataclass(frozen=True)
class _Parsed:
    """Canonical column -> value; the id of the cell rule that a cell violates (or null); what would be right."""

    values: Mapping[str, pl.Expr]
    rule: pl.Expr
    right: pl.Expr
    found: pl.Expr | None = None


def normalise(table: Table, sheet: pl.DataFrame, layout: Layout, filing_year: int | None = None) -> Normalised:
    """`sheet`: String columns named by their headers, and SOURCE. filing_year: that of the folder, for `sites`.

    Raises DataError when the names of regions are missing.
    """
    headers, findings = _headers(table, sheet)
    missing = [column for column in table.columns if column.required and column.name not in headers]
    findings += [
        _header_finding(table, column, sheet, "header.missing", column.zh, column.expected) for column in missing
    ]
    raw = sheet.select(
        *(
            (pl.col(headers[column.name][0]) if column.name in headers else pl.lit(None, pl.String)).alias(column.name)
            for column in table.columns
        ),
        *(pl.col(name).cast(dtype) for name, dtype in SOURCE.items()),
    )
    # Step by step, for polars takes seconds to plan one expression that holds all of it.
    texts = raw.with_columns(clean(pl.col(column.name)).alias(f"text {column.name}") for column in table.columns)
    texts = texts.with_columns(
        pl.when(~pl.col(column.name).str.contains(r"\p{No}"))
        .then(number(_figures(column)))
        .alias(f"number {column.name}")
        for column in table.columns
        if column.kind in _NUMERIC
    )
    parsed = {
        column.name: _parse(table, column, texts, headers, layout, filing_year)
        for column in table.columns
        if column.kind != "unit"
    }
    marked = texts.select(
        *(value.alias(f"value {name}") for one in parsed.values() for name, value in one.values.items()),
        *(one.rule.alias(f"rule {name}") for name, one in parsed.items()),
        *(one.right.alias(f"right {name}") for name, one in parsed.items()),
        *((pl.col(name) if one.found is None else one.found).alias(f"found {name}") for name, one in parsed.items()),
        *SOURCE,
    )
    for column in table.columns:
        if (
            column in missing
            or column.name not in parsed
            or marked[f"rule {column.name}"].null_count() == marked.height
        ):
            continue
        findings.append(_cell_findings(table, column, marked, "unit" in headers))
    bad = pl.any_horizontal(pl.col(f"rule {name}").is_not_null() for name in parsed)
    ok = {name: pl.col(f"rule {column}").is_null() for column, one in parsed.items() for name in one.values}
    frame = marked.select(
        *(pl.when(ok[name]).then(f"value {name}").cast(dtype).alias(name) for name, dtype in table.dtypes.items()),
        *SOURCE,
    )
    return Normalised(
        frame,
        pl.concat(findings) if findings else pl.DataFrame(schema=FINDING),
        marked.select(rejected=bad | pl.lit(bool(missing)))["rejected"],
    )


# --- headers and findings ----------------------------------------------------------------------------------

_Headers = Mapping[str, tuple[str, str | None]]  # column -> (header as it stands, unit in its brackets)


def _headers(table: Table, sheet: pl.DataFrame) -> tuple[_Headers, list[pl.DataFrame]]:
    """What each header means, and findings of headers that mean nothing or nothing new."""
    found: dict[str, tuple[str, str | None]] = {}
    findings, unknown = [], list[str]()
    for header in sheet.columns:
        if header in _NOT_CONTRACT:
            continue
        known = column_of(table, header)
        if known is None:
            unknown.append(header)
        elif known[0].name in found:
            findings.append(_header_finding(table, known[0], sheet, "header.repeated", header, known[0].zh))
        else:
            found[known[0].name] = (header, known[1])
    right = "、".join(column.zh for column in table.columns)
    if len(unknown) > 20:
        unknown = [f"{'、'.join(unknown[:20])}”等 {len(unknown)} 个“"]
    findings += [_header_finding(table, None, sheet, "header.unknown", header, right) for header in unknown]
    return found, findings


def _header_finding(
    table: Table, column: Column | None, sheet: pl.DataFrame, rule: str, found: str, right: str
) -> pl.DataFrame:
    """One finding for the whole sheet: its row is null."""
    rows = sheet.head(1).select("source_file", "source_sheet", source_row=pl.lit(None, pl.Int64))
    return finding(rows, table, column, rule, pl.lit(found), pl.lit(found), pl.lit(right))


def _cell_findings(table: Table, column: Column, marked: pl.DataFrame, has_unit: bool) -> pl.DataFrame:
    """One finding for each cell of the column that violates a rule."""
    name = column.name
    bad = marked.filter(pl.col(f"rule {name}").is_not_null())
    return pl.concat(
        finding(
            rows,
            table,
            table.column("unit") if has_unit and column.by and rule.startswith("unit.") else column,
            rule,
            pl.col(f"found {name}").fill_null(""),
            pl.col(f"found {name}").fill_null(""),
            pl.col(f"right {name}"),
        )
        for (rule,), rows in bad.group_by(f"rule {name}", maintain_order=True)
        if isinstance(rule, str)
    )


def finding(
    rows: pl.DataFrame, table: Table, column: Column | None, rule: str, found: pl.Expr, *args: pl.Expr
) -> pl.DataFrame:
    """One finding (the columns of FINDING) for each of `rows`, which have SOURCE; `args` fill the rule's sentence."""
    says = (CELL_RULES | INTAKE_RULES)[rule]
    return rows.select(
        file="source_file",
        sheet="source_sheet",
        row="source_row",
        table=pl.lit(table.name),
        column=pl.lit(column and column.name, pl.String),
        rule=pl.lit(rule),
        severity=pl.lit(says.severity),
        found=found,
        says=pl.format(says.says, pl.when(args[0].str.len_chars() > 100).then(args[0].str.slice(0, 100) + "…").otherwise(args[0]), *args[1:]) if args else pl.lit(says.says),
        table_zh=pl.lit(table.zh),
        column_zh=pl.lit(column and column.zh, pl.String),
    ).with_columns(message=message(pl.col("says"))).select(pl.col(name).cast(to) for name, to in FINDING.items())  # fmt: skip


# --- cells -------------------------------------------------------------------------------------------------


def _parse(
    table: Table, column: Column, texts: pl.DataFrame, headers: _Headers, layout: Layout, filing_year: int | None
) -> _Parsed:
    """What the cells of one column say."""
    text = pl.col(f"text {column.name}")
    unit = headers.get(column.name, ("", None))[1]
    if column.kind == "quantity":
        return _quantity(table, column, texts, unit)
    if column.kind == "date":
        return _date(column, text)
    if column.kind == "province":
        return _province(column, texts, layout)
    rule = pl.lit(f"cell.{column.kind}")
    right = pl.lit(column.expected)
    if column.kind == "code":
        # 无 is a code of some columns, and nothing elsewhere
        codes = {fold(spelt): code for code, spellings in column.members.items() for spelt in (code, *spellings)}
        value = _looked_up(texts[column.name], lambda spelt: codes.get(fold(spelt)))
        given = pl.col(f"text {column.name}").is_not_null() | value.is_not_null()
    else:
        given = text.is_not_null()
        value = _value(column, text, percent=unit is not None and "%" in unit)
        many = re.match("万亿|千万|百万|十万|亿|万|千|百", unit or "")
        if many and column.kind in ("number", "integer"):
            value = _shifted(value.cast(pl.Float64), pl.lit(_MANY[many[0]])).cast(column.dtype)
    if column.default is not None:
        value = pl.when(given).then(value).otherwise(_default(column, filing_year))
    required = column.required or column.default == "=filing_year"
    wrong = pl.when(given & value.is_null()).then(rule)
    absent = pl.when(value.is_null() & pl.lit(required)).then(pl.lit("cell.missing"))
    return _Parsed({column.name: value}, pl.coalesce(wrong, absent), right)


def _default(column: Column, filing_year: int | None) -> pl.Expr:
    if column.default == "=filing_year":
        return pl.lit(filing_year, pl.Int64)
    if isinstance(column.default, str) and column.default.startswith("="):
        return pl.col(f"text {column.default[1:]}")
    return pl.lit(column.default, column.dtype if column.kind != "code" else pl.String())


_NUMERIC = ("integer", "year", "month", "number", "share", "quantity")


def _figures(column: Column) -> pl.Expr:
    """The text of a cell that should be a number, without the word for a year or month."""
    words = {"year": "年度?$", "month": "月份?$"}.get(column.kind)
    text = pl.col(f"text {column.name}")
    return text.str.replace(words, "") if words else text


def _value(column: Column, text: pl.Expr, percent: bool) -> pl.Expr:
    """The canonical value of kinds that need no other column; null where the text is none."""
    read = pl.col(f"number {column.name}")
    plain = pl.when(~text.str.contains("[%‰]$")).then(read)
    match column.kind:
        case "id" | "text":
            return text
        case "flag":
            return text.str.to_lowercase().replace_strict(FLAGS, default=None, return_dtype=pl.Boolean)
        case "integer":
            return _whole(plain)
        case "year":
            year = _whole(plain)
            return pl.when(year.is_between(1000, 9999)).then(year)
        case "month":
            month = _whole(plain)
            whole_year = text.is_in(["全年", "年度", "全年合计"])
            return pl.when(whole_year).then(0).when(month.is_between(1, 12)).then(month)
        case "share":
            return pl.coalesce(_shifted(plain, pl.lit(-2)), read) if percent else read
    return plain


def _whole(value: pl.Expr) -> pl.Expr:
    return pl.when((value == value.floor()) & (value.abs() < _INT_LIMIT)).then(value).cast(pl.Int64)


def _shifted(value: pl.Expr, power: pl.Expr) -> pl.Expr:
    """value x 10^power, exactly: the decimal point of the printed number moves."""
    parts = value.cast(pl.String).str.extract_groups(r"^([^e]+)(?:e(.+))?$")
    exponent = parts.struct.field("2").cast(pl.Int64).fill_null(0) + power
    return pl.concat_str(parts.struct.field("1"), pl.lit("e"), exponent.cast(pl.String)).cast(pl.Float64, strict=False)


def _date(column: Column, text: pl.Expr) -> _Parsed:
    groups = text.str.extract_groups(_DATE)
    year, month, day = (
        pl.coalesce([groups.struct.field(str(at)) for at in places]).cast(pl.Int64)
        for places in ((1, 2, 5), (3, 6), (4, 7))
    )
    real = month.is_between(1, 12).fill_null(True) & day.is_between(1, 31).fill_null(True)
    rule = pl.when(text.is_not_null() & (year.is_null() | ~real)).then(pl.lit("cell.date"))
    absent = pl.when(text.is_null() & pl.lit(column.required)).then(pl.lit("cell.missing"))
    return _Parsed(
        dict(zip(column.canonical, (year, month), strict=True)), pl.coalesce(rule, absent), pl.lit(column.expected)
    )


def _looked_up(texts: pl.Series, look: Callable[[str], str | None]) -> pl.Expr:
    """`look` of each text of the series, once per distinct text."""
    known = {text: value for text in texts.drop_nulls().unique().to_list() if (value := look(text)) is not None}
    return pl.col(texts.name).replace_strict(known, default=None, return_dtype=pl.String)


def _province(column: Column, texts: pl.DataFrame, layout: Layout) -> _Parsed:
    """The six digits, the city or 兵团 that was meant, whether it is the nation."""
    aliases, parts = regions.aliases(layout), _parts_of_provinces(layout)

    def code(text: str) -> str | None:
        key = regions.fold(text)
        return aliases.get(key) or (aliases.get(key[:2]) if re.fullmatch("[0-9]{6}", key) else None)

    def part(text: str) -> str | None:
        key = regions.fold(text)
        return parts.get(key) or (key if key not in aliases else None)

    cells, text = texts[column.name], pl.col(f"text {column.name}")
    province = _looked_up(cells, code)
    nation = province == regions.NATION_CODE
    rule = (
        pl.when(text.is_null()).then(pl.lit("cell.missing"))
        .when(province.is_null()).then(pl.lit("cell.province"))
        .when(nation & pl.lit(not column.nation)).then(pl.lit("cell.nation"))
    )  # fmt: skip
    sub_region = _looked_up(cells, part).fill_null("")
    values = dict(zip(column.canonical, (province, sub_region, nation), strict=True))
    return _Parsed(values, rule, pl.lit(column.expected))


@cache  # a process reads the reference once: it is part of the checkout
def _parts_of_provinces(layout: Layout) -> dict[str, str]:
    """Alias of a city with its own plan or of 兵团 -> its first name in the reference: 深圳市 -> 深圳."""
    table = pl.read_csv(layout.reference / "region_aliases.csv", columns=["alias", "code", "kind"], infer_schema=False)
    parts = table.filter(pl.col("kind").is_in(["corps", "plan_listed_city"]))
    parts = parts.with_columns(name=pl.col("alias").first().over("code", "kind"))
    return {regions.fold(alias): name for alias, name in parts.select("alias", "name").iter_rows()}


# --- quantities with units ---------------------------------------------------------------------------------


def _quantity(table: Table, column: Column, texts: pl.DataFrame, header_unit: str | None) -> _Parsed:
    """The number in the canonical unit: that of the unit column, else of the header, else the canonical one."""
    text, read = pl.col(f"text {column.name}"), pl.col(f"number {column.name}")
    percent = text.str.contains("[%‰]$")
    if column.by:
        members = table.column(column.by).members
        codes = {fold(spelt): code for code, spellings in members.items() for spelt in (code, *spellings)}
        code = _looked_up(texts[column.by], lambda spelt: codes.get(fold(spelt)))
        unit = pl.coalesce(pl.col("text unit"), pl.lit(header_unit, pl.String), pl.when(percent).then(pl.lit("%")))
    else:
        code = pl.lit("")
        only = column.unit if column.unit != "%" else None
        unit = pl.coalesce(pl.lit(header_unit, pl.String), pl.lit(only, pl.String), pl.lit("%"))
    pairs = texts.select(code=code, unit=unit).drop_nulls().unique()
    powers: dict[str, str] = {f"{c} {u}": str(power(u, column.units[c])) for c, u in pairs.iter_rows()}
    found = pl.concat_str(code, pl.lit(" "), unit).replace_strict(powers, default=None, return_dtype=pl.String)
    shift = found.cast(pl.Int64, strict=False)
    canonical = code.replace_strict(
        {c: names[0] for c, names in column.units.items()}, default=None, return_dtype=pl.String
    )
    fits = ~percent | (canonical == "%")
    # 85% reads as 0.85, in percent it is 85
    value = _shifted(pl.when(fits).then(read), shift + pl.when(percent).then(2).otherwise(0))
    rule = (
        pl.when(text.is_null()).then(pl.lit("cell.missing") if column.required else pl.lit(None, pl.String))
        .when(read.is_null() | ~fits).then(pl.lit("cell.number"))
        .when(code.is_not_null() & unit.is_null()).then(pl.lit("unit.missing"))
        .when(found.str.starts_with("unit.")).then(found)
    )  # fmt: skip
    of_unit = rule.str.starts_with("unit.")
    right = pl.when(of_unit).then(canonical).otherwise(pl.lit(column.expected))
    values = {column.name: value} | ({"unit": canonical} if column.by else {})
    return _Parsed(values, rule, right, pl.when(of_unit).then(unit).otherwise(pl.col(column.name)))


def power(text: str, accepted: tuple[str, ...]) -> int | str:
    """The n of 10^n: how many of the first unit of `accepted` (all of them one and the same) is one `text`.

    Counting units (个, km ...), which the registry does not hold, stand as listed, with 万 or 亿 before them. Else
    the id of the rule that the text violates.
    """
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", text))
    for unit in accepted:
        if counted := re.fullmatch(f"(万|亿)?{re.escape(unit)}", plain):
            return {None: 0, "万": 4, "亿": 8}[counted[1]]
    try:
        dimension = units.parse_unit(text).dimension
    except DataError as error:
        return error.id
    dimensions = {known: unit for unit in accepted if (known := _dimension(unit))}
    if dimension in dimensions:
        factor = units.ratio(text, dimensions[dimension])
        return len(str(factor.numerator)) - len(str(factor.denominator))
    return "unit.density" if {dimension, *dimensions} == {"mass", "volume"} else "unit.dimension"


def _dimension(unit: str) -> str | None:
    try:
        return units.parse_unit(unit).dimension
    except DataError:
        return None
