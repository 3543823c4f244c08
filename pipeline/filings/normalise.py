"""What does this text mean? One sheet of text becomes canonical rows, and each cell that means nothing a finding.

A number counts as the decimal that is printed, and all units are powers of ten apart, so a conversion moves the
decimal point in the text and never multiplies: 1.2 万kWh are 12000 kWh, 4.35 万kWh 43500.

`_meaning` says it of any rows, one by one. It is slow, so it gets the distinct texts of a column that repeats itself,
and of numbers those that are not plain.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial

import polars as pl

from pipeline.errors import DataError
from pipeline.filings.contracts import METRICS, SOURCE, Column, Table, column_of, fold
from pipeline.filings.reading import clean, number
from pipeline.filings.rules import FINDING, finding
from pipeline.given import regions, units
from pipeline.layout import Layout

_NOT_CONTRACT = (*SOURCE, "_ragged", "_extra")  # columns that the reading adds
_TIME = r"[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[AaPp][Mm]|Z|[+-]\d{2}:?\d{2})?"
_DATE = (
    rf"^(?:(\d{{4}})(?:年|\.0+)?|(\d{{4}})(?:年|[-/])(\d{{1,2}})(?:月|(?:月|[-/])(\d{{1,2}})日?(?:{_TIME})?)?"
    r"|(\d{4})\.(\d{2})(?:\.(\d{2}))?)$"  # 2023.1 may be a number that lost the zero of October
)
# What a spreadsheet makes of an identifier, and what to do.
_FORMULA = r'^=\s*"?([^"]*)"?$'
_LATIN = "[\u0080-\u00bf\u0152-\u0192\u02c6-\u02dc\u2013-\u203a\u20ac\u2122]"  # what bytes of UTF-8 look like in other encodings
_NO_TEXT = f"\ufffd|[\u00e0-\u00ef]{_LATIN}{{2}}"
_ERROR = r"^#(?:REF!|NAME\?|VALUE!|DIV/0!|NULL!|NUM!|SPILL!|CALC!)$"
_POWER_OF_TEN = r"^[0-9](?:\.[0-9]+)?[eE]\+[0-9]+$|^[0-9]\.[0-9]+[eE][0-9]+$"
_DAY = (
    r"^(?:[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}|[0-9]{4}年[0-9]{1,2}月[0-9]{1,2}日|[0-9]{1,2}月[0-9]{1,2}日"
    rf"|(?:[0-9]{{1,2}}-)?(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)(?:-[0-9]{{1,2}})?)(?:{_TIME})?$"
)
_DIGITS = 15  # of a number that a spreadsheet keeps
_AS_TEXT = "应为原来的编号：把整列的单元格格式设为文本，再重新填写"
# The words of a sum row, alone or with what they sum up; 合计算力中心 is a name.
_SUM_SCOPE = "[0-9年月日季度第至上下半全本当累各省市区县国网集团公司页表行业]*"
_SUM_END = "(?:数|值|行|额|项|栏)?[0-9]*(?:[万亿]?(?:kwh|千瓦时|度|吨|tb|元|[个座间处家户栋条架]))?[0-9]*$"
_SUMMED = "(?:[合小总總共累][计計]|总和|總和|汇总|匯總)"
_SUM = rf"(?:^{_SUM_SCOPE}{_SUMMED}{_SUM_END}|^(?:grand|sub)?totals?(?:20[0-9]{{2}})?$|^sum$|^[∑σς]$)"
_SUM_OF = rf"{_SUM}|^.{{1,16}}(?:[合小总總共][计計]|总和|總和){_SUM_END}|^其中"
_OF_SCOPE = r"[(\[【][^()\[\]【】]*[)\]】]$"  # 合计（全省）
_TOTAL_OF = r"(?i)[\s_:：/-](?:grand |sub)?totals?\W*$"
_INT_LIMIT = 2.0**53
_WHOLE = {"year": (1000, 9999), "month": (1, 12), "integer": (1 - 2**53, 2**53 - 1)}
_PLAIN = (*_WHOLE, "number", "quantity")  # kinds of columns most of whose cells are nothing but digits
MANY = {"万亿": 12, "千万": 7, "百万": 6, "十万": 5, "亿": 8, "万": 4, "千": 3, "百": 2}  # longest first
_TIMES = "[百千万亿]$"  # at the end of a cell
_WITH_UNIT = r"^([-+0-9.,]+)\s*([^-+0-9.,\s%‰].*)$"  # a number and its unit in one cell
COUNTS = (
    "个|架|座|站|台|套|家|户|间|处|栋|幢|人|次|件|项|支|条|类|级|层|月|个月|机架|标准架|标准机架|标架|站址|基站|机柜|"
    "pcs|racks?|sets?|units?|sites?|stations?"
)
_SAMPLE = 10_000  # cells looked at to see whether a column repeats itself
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
    cells = {one.name: pl.col(headers[one.name][0]) if one.name in headers else pl.lit(None) for one in table.columns}
    types = dict.fromkeys(cells, pl.String()) | SOURCE
    raw = sheet.select((cells.get(name, pl.col(name))).cast(dtype).alias(name) for name, dtype in types.items())
    about = _About(table, headers, layout, filing_year)
    coded = _Cells.of(raw, [one.name for one in table.columns if one.kind not in _PLAIN or one.name not in headers])
    columns = [column for column in table.columns if column.kind != "unit"]
    with ThreadPoolExecutor() as threads:
        read = list(threads.map(partial(_read, about, coded), columns))
    rejected = pl.repeat(bool(missing), raw.height, dtype=pl.Boolean, eager=True)
    for column, one in zip(columns, read, strict=True):
        rejected.scatter(one.bad["at"], True)
        if one.bad.height and column not in missing:
            findings += _cell_findings(table, column, raw, one.bad, "unit" in headers)
    values = {name: value for one in read for name, value in one.values.items()}
    return Normalised(
        raw.select(*(pl.lit(values[name]).alias(name) for name in table.dtypes), *SOURCE),
        pl.concat(findings) if findings else pl.DataFrame(schema=FINDING),
        rejected.alias("rejected"),
    )


# --- headers and findings ----------------------------------------------------------------------------------

_Headers = Mapping[str, tuple[str, str | None]]  # column -> (header as it stands, unit in its brackets)


def _headers(table: Table, sheet: pl.DataFrame) -> tuple[_Headers, list[pl.DataFrame]]:
    """What each header means, and findings of headers that mean nothing or nothing new."""
    found: dict[str, tuple[str, str | None]] = {}
    findings, unknown = [], dict[str, str]()  # as numbered by the reader -> as written
    for header in sheet.columns:
        if header in _NOT_CONTRACT:
            continue
        base = re.sub("_[0-9]+$", "", header)  # the reader numbers headers that are repeated
        written = base if base in sheet.columns else header
        known = column_of(table, header) or column_of(table, written)
        if known is None:
            unknown[header] = written
        elif known[0].name in found:
            findings.append(_header_finding(table, known[0], sheet, "header.repeated", header, known[0].zh, written))
        else:
            found[known[0].name] = (header, known[1])
    right = "、".join(column.zh for column in table.columns)
    if len(unknown) > 20:
        told = f"{'、'.join(list(unknown.values())[:20])}”等 {len(unknown)} 个“"
        unknown = {told: told}
    findings += [
        _header_finding(table, None, sheet, "header.unknown", header, right, written)
        for header, written in unknown.items()
    ]
    return found, findings


def _header_finding(
    table: Table, column: Column | None, sheet: pl.DataFrame, rule: str, found: str, right: str, written: str = ""
) -> pl.DataFrame:
    """One finding for the whole sheet: its row is null."""
    rows = sheet.head(1).select("source_file", "source_sheet", source_row=pl.lit(None, pl.Int64))
    return finding(rows, table, column, rule, pl.lit(found), pl.lit(written or found), pl.lit(right))


def _cell_findings(
    table: Table, column: Column, raw: pl.DataFrame, bad: pl.DataFrame, has_unit: bool
) -> Iterator[pl.DataFrame]:
    """One finding for each cell of the column that violates a rule. `bad`: _BAD."""
    found = pl.col("found").fill_null("")
    nothing = pl.when(found != "").then(pl.format("（填的是“{}”）", found)).otherwise(pl.lit(""))
    for (rule,), rows in bad.hstack(raw.select(*SOURCE)[bad["at"]]).group_by("rule", maintain_order=True):
        id = str(rule)
        if id == "row.not_data":
            yield finding(rows, table, None, id, found, pl.format("这是“{}”行", found))
            continue
        of = table.column("unit") if has_unit and column.by and id.startswith("unit.") else column
        yield finding(rows, table, of, id, found, nothing if id.endswith(".missing") else found, pl.col("right"))


# --- cells -------------------------------------------------------------------------------------------------

_BAD = {"at": pl.UInt32(), "rule": pl.String(), "right": pl.String(), "found": pl.String()}  # at: which row


@dataclass(frozen=True)
class _About:
    """What is known of a sheet before its cells are read."""

    table: Table
    headers: _Headers
    layout: Layout
    filing_year: int | None

    def unit(self, column: Column) -> str | None:
        """That in the brackets of the column's header."""
        return self.headers.get(column.name, ("", None))[1]

    def default(self, column: Column) -> pl.Expr:
        """What an empty cell of the column says."""
        if column.default == "=filing_year":
            return pl.lit(self.filing_year, pl.Int64)
        if other := _same_as(column):
            return pl.col(f"text {other[0]}")
        return pl.lit(column.default, column.dtype if column.kind != "code" else pl.String())


@dataclass(frozen=True)
class _Cells:
    """The cells as filed, by the name of their column; of columns that repeat themselves, the distinct texts (null among
    them) and per row the position of its text."""

    raw: pl.DataFrame
    coded: Mapping[str, tuple[pl.Series, pl.Series]]

    @classmethod
    def of(cls, raw: pl.DataFrame, names: Iterable[str]) -> _Cells:
        """names: of the columns that may repeat themselves."""
        coded, few = {}, list[str]()
        for name in names:  # of few texts, as some of the cells show: then each is understood once
            some = raw[name].gather_every(max(1, raw.height // _SAMPLE))
            if raw[name].null_count() == raw.height > 0:
                coded[name] = some.head(1), pl.zeros(raw.height, pl.UInt32, eager=True)
            elif some.n_unique() * 4 < some.len():
                few.append(name)
        for one in raw.select(pl.col(name).cast(pl.Categorical(pl.Categories.random())) for name in few):
            texts = pl.concat([one.dtype.categories.to_series(), pl.Series([None], dtype=pl.String)])  # type: ignore[attr-defined]
            coded[one.name] = texts.alias(one.name), one.to_physical().fill_null(texts.len() - 1)
        return cls(raw, coded)


@dataclass(frozen=True)
class _Read:
    """What the cells of one column say: canonical column -> value per row; and the cells that violate a rule (_BAD), in
    the order of rows."""

    values: dict[str, pl.Series]
    bad: pl.DataFrame


def _read(about: _About, cells: _Cells, column: Column) -> _Read:
    """As `_meaning` of all rows has it, sooner: most numbers are plain ones."""
    if column.kind not in _PLAIN or column.name not in about.headers:
        return _texts(about, cells, column)
    quick = _plain_numbers(about, cells, column)
    rest = quick[column.name].is_null().arg_true()
    if rest.is_empty():
        return _Read(quick, pl.DataFrame(schema=_BAD))
    names = _inputs(column)
    few = _Cells.of(cells.raw.select(names)[rest], names if len(names) == 1 else ())
    slow = _texts(about, few, column)
    values = {name: value.scatter(rest, slow.values[name]) for name, value in quick.items()}
    return _Read(values, slow.bad.with_columns(at=rest.gather(slow.bad["at"])))


def _texts(about: _About, cells: _Cells, column: Column) -> _Read:
    """Each distinct text is understood once, where they repeat themselves and no other column has a say."""
    names = _inputs(column)
    if len(names) > 1 or column.name not in cells.coded:
        meant = _meaning(about, column, cells.raw.select(names))
        at = meant["rule"].is_not_null().arg_true()
        values, bad = {name: meant[name] for name in _outputs(column)}, meant[at]
    else:
        texts, codes = cells.coded[column.name]
        meant = _meaning(about, column, texts.to_frame())
        at = meant["rule"].is_not_null().gather(codes).arg_true()
        values, bad = {name: meant[name].gather(codes) for name in _outputs(column)}, meant[codes[at]]
    return _Read(values, bad.select(at.alias("at"), "rule", "right", "found"))


def _inputs(column: Column) -> list[str]:
    """The columns whose cells have a say in what a column means."""
    if column.by:
        return [column.name, column.by, "unit"]
    return [column.name, *_same_as(column)]


def _same_as(column: Column) -> list[str]:
    """The column that gives an empty cell its value, if one does."""
    default = column.default
    return [default[1:]] if isinstance(default, str) and default.startswith("=") and default != "=filing_year" else []


def _outputs(column: Column) -> tuple[str, ...]:
    return (*column.canonical, "unit") if column.by else column.canonical


def _plain_numbers(about: _About, cells: _Cells, column: Column) -> dict[str, pl.Series]:
    """Numbers in canonical units, and these units where they depend on another column; null where a text is more than
    digits, or its unit takes more than a power of ten: `1.2`, in 万kWh, becomes the number that `1.2e4` says."""
    text, unit = cells.raw[column.name], about.unit(column)
    if column.kind in _WHOLE:
        whole = text.cast(pl.Int64, strict=False).alias(column.name)
        least, most = _WHOLE[column.kind]
        return {column.name: whole.set(~whole.is_between(least, most) | bool(_many(unit)), None)}
    pairs, row = pl.DataFrame({column.name: ["1"]}), None
    if column.by:
        if not {column.by, "unit"} <= set(cells.coded):
            dtypes = about.table.dtypes
            return {name: pl.repeat(None, text.len(), dtype=dtypes[name], eager=True) for name in _outputs(column)}
        (codes, by), (names, units_of) = cells.coded[column.by], cells.coded["unit"]
        pair = by.cast(pl.UInt64) * names.len() + units_of
        used = pair.unique()
        pairs = pl.DataFrame({column.by: codes.gather(used // names.len()), "unit": names.gather(used % names.len())})
        pairs = pairs.with_columns(pl.lit("1").alias(column.name))
        place = pl.repeat(None, codes.len() * names.len(), dtype=pl.UInt32, eager=True)
        row = place.scatter(used, pl.int_range(used.len(), dtype=pl.UInt32, eager=True)).gather(pair)
    if column.units:
        prepared = _prepared(about.table, pairs)
        _, _, canonical, power = _units(about, column, prepared)
        known = prepared.select(unit=canonical, power=power.cast(pl.Int64, strict=False))
    else:
        known = pl.DataFrame({"unit": [None], "power": [_many(unit)]})
    if not known["power"].eq_missing(0).all():
        exponent = known.select(pl.format("e{}", "power")).to_series()
        text = pl.select(pl.lit(text) + pl.lit(exponent if row is None else exponent.gather(row))).to_series()
    number = text.cast(pl.Float64, strict=False).alias(column.name)
    values = {column.name: number.set(~number.is_finite(), None)}
    return values if row is None else values | {"unit": known["unit"].gather(row)}


def _meaning(about: _About, column: Column, raw: pl.DataFrame) -> pl.DataFrame:
    """For each row of `raw` (what `_inputs` names): the canonical values, the cell rule it violates (or null), what
    would be right, what was found."""
    texts = _prepared(about.table, raw)
    parsed = _parse(about, column, texts)
    found = pl.col(column.name) if parsed.found is None else parsed.found
    is_sum = _is_sum(column)
    if column.kind == "province":
        is_sum &= parsed.rule.is_not_null()  # 全国合计 is a name of the nation
    rule = pl.when(is_sum).then(pl.lit("row.not_data")).otherwise(parsed.rule)
    meant = texts.select(**parsed.values, rule=rule, right=parsed.right, found=found)
    ok, dtypes = pl.col("rule").is_null(), about.table.dtypes
    return meant.with_columns(pl.when(ok).then(name).cast(dtypes[name]).alias(name) for name in parsed.values)


def _prepared(table: Table, raw: pl.DataFrame) -> pl.DataFrame:
    """`raw` with the text of each cell, and the number it says where it should be one."""
    columns = [table.column(name) for name in raw.columns]
    # Step by step, for polars takes seconds to plan one expression that holds all of it.
    texts = raw.cast(pl.String).with_columns(
        cleaned(column)(pl.col(column.name)).alias(f"text {column.name}") for column in columns
    )
    return texts.with_columns(
        pl.when(~pl.col(column.name).str.contains(r"\p{No}"))  # ½ is no 1 and 2
        .then(number(_figures(column)))
        .alias(f"number {column.name}")
        for column in columns
        if column.kind in _NUMERIC
    )


def _parse(about: _About, column: Column, texts: pl.DataFrame) -> _Parsed:
    """What the cells of one column say."""
    text, unit = pl.col(f"text {column.name}"), about.unit(column)
    if column.kind == "quantity":
        return _quantity(about, column, texts)
    if column.kind == "date":
        return _date(column, text)
    if column.kind == "province":
        return _province(column, texts, about.layout)
    if column.kind in ("id", "text"):
        return _words(about, column, texts)
    rule = pl.lit(f"cell.{column.kind}")
    right = pl.lit(column.expected)
    if column.kind == "code":
        # 无 is a code of some columns, and nothing elsewhere
        value = _code(column, texts)
        given = pl.col(f"text {column.name}").is_not_null() | value.is_not_null()
    else:
        given = text.is_not_null()
        value = _value(column, text, percent=unit is not None and "%" in unit)
        if (many := _many(unit)) and column.kind in ("number", "integer"):
            value = _shifted(value.cast(pl.Float64), pl.lit(many)).cast(column.dtype)
            twice = text.str.contains(rf"{_TIMES}|(?i:{COUNTS})$")
            rule = pl.when(twice).then(pl.lit("cell.twice")).otherwise(rule)
            value = pl.when(~twice).then(value)
    if column.default is not None:
        value = pl.when(given).then(value).otherwise(about.default(column))
    required = column.required or column.default == "=filing_year"
    wrong = pl.when(given & value.is_null()).then(rule)
    absent = pl.when(value.is_null() & pl.lit(required)).then(pl.lit("cell.missing"))
    if column.kind in ("number", "integer"):
        right = _expected(column, text.str.contains("[%‰]$"))
    return _Parsed({column.name: value}, pl.coalesce(wrong, absent), right)


def _expected(column: Column, percent: pl.Expr) -> pl.Expr:
    """What would be right; a workbook's cell may have kept the format of percentages when its number was corrected."""
    no_percent = pl.lit(f"{column.expected}，不是百分数；单元格的格式若是百分比，请改为常规")
    return pl.when(percent.fill_null(False)).then(no_percent).otherwise(pl.lit(column.expected))


def _many(unit: str | None) -> int:
    """The power of ten that a header's unit begins with: 4 for 万人."""
    return next((power for word, power in MANY.items() if (unit or "").startswith(word)), 0)


_NUMERIC = ("integer", "year", "month", "number", "share", "quantity")


def _figures(column: Column) -> pl.Expr:
    """The text of a cell that should be a number, without the word for a year, a month or what is counted."""
    counted = rf"(?i)\s*(?:{COUNTS})$"
    words = {"year": "年度?$", "month": "月份?$", "number": counted, "integer": counted}.get(column.kind)
    text = pl.col(f"text {column.name}")
    return text.str.replace(words, "") if words else text


def _value(column: Column, text: pl.Expr, percent: bool) -> pl.Expr:
    """The canonical value of kinds that need no other column; null where the text is none."""
    read = pl.col(f"number {column.name}")
    plain = pl.when(~text.str.contains("[%‰]$")).then(read)
    match column.kind:
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
    first = pl.lit(1, pl.Int64)
    real = pl.format("{}-{}-{}", year, month.fill_null(first), day.fill_null(first)).str.to_date(
        "%Y-%m-%d", strict=False
    )
    rule = pl.when(text.is_not_null() & real.is_null()).then(pl.lit("cell.date"))
    absent = pl.when(text.is_null() & pl.lit(column.required)).then(pl.lit("cell.missing"))
    return _Parsed(
        dict(zip(column.canonical, (year, month), strict=True)), pl.coalesce(rule, absent), pl.lit(column.expected)
    )


# --- words that stay as they were filed --------------------------------------------------------------------

_WIDE = [chr(code + 0xFEE0) for code in range(0x21, 0x7F)]
_BLANK = {"\u3000": " ", "\u00a0": " "}
_NARROW = _BLANK | {wide: chr(ord(wide) - 0xFEE0) for wide in _WIDE}  # of ids, which are compared
_NARROW_WORDS = _BLANK | {wide: narrow for wide, narrow in _NARROW.items() if narrow.isalnum()}  # ，（ stay as they are


def as_filed(cell: pl.Expr, narrow: Mapping[str, str] = _NARROW) -> pl.Expr:
    """The text of a cell, half-width and trimmed, each other character as it is (① and ² are no digits); null for what
    says nothing."""
    plain = cell.str.replace_all("[\u200b\u200c\u200d\u2060\ufeff]", "")
    narrowed = plain.str.replace_many(list(narrow), list(narrow.values())).str.strip_chars()
    return pl.when(clean(cell).is_not_null()).then(narrowed)


def cleaned(column: Column) -> Callable[[pl.Expr], pl.Expr]:
    """How the text of a cell of the column is read."""
    if column.kind == "text":
        return partial(as_filed, narrow=_NARROW_WORDS)
    return as_filed if column.kind == "id" else clean


def _words(about: _About, column: Column, texts: pl.DataFrame) -> _Parsed:
    """An id or a text; one that a spreadsheet has turned into something else violates `cell.id`."""
    text = pl.col(f"text {column.name}")
    value = text if column.default is None else text.fill_null(about.default(column))
    absent = pl.when(value.is_null() & pl.lit(column.required)).then(pl.lit("cell.missing"))
    is_id = pl.lit(column.kind == "id")
    content = text.str.extract(_FORMULA, 1).fill_null("公式算出的内容")
    what = (
        pl.when(text.str.contains("^=[^=]")).then(pl.format("是公式的写法，不是内容；应为 {}", content))
        .when(text.str.contains(_ERROR)).then(pl.lit("是表格软件的错误值；应为原来的内容"))
        .when(is_id & text.str.contains("^'[0-9]")).then(pl.lit("前面的单引号是表格软件的文本标记；应只写编号"))
        .when(text.str.contains(_NO_TEXT)).then(pl.lit("里有乱码，是编码不对的程序写出的；应为原来的文字，请从原系统以 UTF-8 重新导出"))
        .when(is_id & text.str.contains(r"^[0-9]+\.0+$")).then(pl.lit(f"带有小数，像是被程序当作数字的编号；{_AS_TEXT}"))
        .when(is_id & text.str.contains(_POWER_OF_TEN)).then(pl.lit(f"是科学计数法，后面的数字已经丢失；{_AS_TEXT}"))
        .when(is_id & text.str.contains(_DAY)).then(pl.lit(f"是日期，像是被表格软件自动改写的编号；{_AS_TEXT}"))
        .when(is_id & text.is_in(_imprecise(texts[f"text {column.name}"]).implode()))
        .then(pl.lit(f"超过 {_DIGITS} 位，表格软件只保留前 {_DIGITS} 位，后面的已不是原来的数字；{_AS_TEXT}"))
    )  # fmt: skip
    spoiled = pl.when(what.is_not_null()).then(pl.lit("cell.id"))
    return _Parsed({column.name: value}, pl.coalesce(spoiled, absent), what.fill_null(pl.lit(column.expected)))


def _imprecise(ids: pl.Series) -> pl.Series:
    """The ids of more digits than a spreadsheet keeps whose last ones are such as it makes: zeros, or those of the
    nearest float. Some whole ids look so too (one of ten with 16 digits, one of a thousand with 18), so there must be
    five times as many as chance has it, and more than two where others have kept their digits."""
    long = ids.filter(ids.str.contains(f"^[1-9][0-9]{{{_DIGITS},29}}$").fill_null(False)).to_frame("id")
    if long.is_empty():
        return long["id"]
    id, nearest = pl.col("id"), pl.col("id").cast(pl.Float64)
    size, step = id.str.len_chars(), 2.0 ** (nearest.log(2).floor() - 52)
    zeros = id.str.slice(_DIGITS).str.strip_chars("0") == ""
    is_float = (nearest.cast(pl.Int64, strict=False).cast(pl.String) == id).fill_null(False)
    by_chance = [10.0 ** (_DIGITS - size.cast(pl.Float64)), 1 / step.clip(1)]
    signs = long.with_columns(size=size, zeros=zeros, float=is_float, by_zeros=by_chance[0], by_float=by_chance[1])
    often = [
        pl.col(sign)
        & (pl.col(sign).sum().over("size") > 5 * pl.col(chance).sum().over("size"))
        & ((pl.col(sign).sum().over("size") > 2) | (pl.col("zeros") | pl.col("float")).all())
        for sign, chance in (("zeros", "by_zeros"), ("float", "by_float"))
    ]
    return signs.filter(pl.any_horizontal(often))["id"]


def _is_sum(column: Column) -> pl.Expr:
    """Whether a cell says that its row is a sum. In a column of free text only where it says nothing else."""
    said = clean(pl.col(column.name)).str.to_lowercase()
    bare = said.str.replace_all(r"[\s\p{P}\p{S}--∑]", "")
    if column.kind == "month":
        bare = pl.when(bare != "全年合计").then(bare)
    if column.kind == "text" and not column.required:
        return bare.str.contains(_SUM).fill_null(False)
    of_scope = said.str.replace(_OF_SCOPE, "").str.replace_all(r"\s", "").str.contains(_SUM)
    return (bare.str.contains(_SUM_OF) | said.str.contains(_TOTAL_OF) | of_scope).fill_null(False)


def _code(column: Column, texts: pl.DataFrame) -> pl.Expr:
    codes = {fold(spelt): code for code, spellings in column.members.items() for spelt in (code, *spellings)}
    return _looked_up(texts[column.name], lambda spelt: codes.get(fold(spelt)))


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
    table = pl.read_csv(
        layout.reference / "region_aliases.csv", columns=["alias", "code", "kind"], infer_schema=False, glob=False
    )
    parts = table.filter(pl.col("kind").is_in(["corps", "plan_listed_city"]))
    parts = parts.with_columns(name=pl.col("alias").first().over("code", "kind"))
    return {regions.fold(alias): name for alias, name in parts.select("alias", "name").iter_rows()}


# --- quantities with units ---------------------------------------------------------------------------------


def _quantity(about: _About, column: Column, texts: pl.DataFrame) -> _Parsed:
    """The number in the canonical unit: that of the unit column, else of the header, else the canonical one."""
    text, read = pl.col(f"text {column.name}"), pl.col(f"number {column.name}")
    percent = text.str.contains("[%‰]$")
    code, unit, canonical, power = _units(about, column, texts)
    figures, own = text.str.extract(_WITH_UNIT, 1), text.str.extract(_WITH_UNIT, 2)
    pairs = texts.select(own=own, unit=unit).drop_nulls().unique().rows()
    alike = [f"{one} {other}" for one, other in pairs if units.same(one, other)]
    read = pl.coalesce(read, pl.when(pl.concat_str(own, pl.lit(" "), unit).is_in(alike)).then(number(figures)))
    fits = ~percent | (canonical == "%")
    # 85% reads as 0.85, in percent it is 85
    shift = power.cast(pl.Int64, strict=False) + pl.when(percent).then(2).otherwise(0)
    twice = text.str.contains(_TIMES) & unit.is_in(
        [one for one in texts.select(unit=unit)["unit"].drop_nulls().unique() if units.is_multiple(one)]
    )
    value = _shifted(pl.when(fits & ~twice).then(read), shift)
    rule = (
        pl.when(text.is_null()).then(pl.lit("cell.missing") if column.required else pl.lit(None, pl.String))
        .when(read.is_null() | ~fits).then(pl.lit("cell.number"))
        .when(code.is_not_null() & unit.is_null()).then(pl.lit("unit.missing"))
        .when(power.str.starts_with("unit.")).then(power)
        .when(twice).then(pl.lit("cell.twice"))
    )  # fmt: skip
    of_unit = rule.str.starts_with("unit.")
    right = pl.when(of_unit).then(canonical).otherwise(_expected(column, percent))
    values = {column.name: value} | ({"unit": canonical} if column.by else {})
    return _Parsed(values, rule, right, pl.when(of_unit).then(unit).otherwise(pl.col(column.name)))


def _units(about: _About, column: Column, texts: pl.DataFrame) -> tuple[pl.Expr, pl.Expr, pl.Expr, pl.Expr]:
    """The code on which a quantity's unit depends ("" where on none), the unit as filed, the canonical unit, and the
    power of ten from one to the other (or the id of the rule that the unit violates) as text."""
    header_unit = about.unit(column)
    if column.by:
        code = _code(about.table.column(column.by), texts)
        percent = pl.col(f"text {column.name}").str.contains("[%‰]$")
        unit = pl.coalesce(pl.col("text unit"), pl.lit(header_unit, pl.String), pl.when(percent).then(pl.lit("%")))
    else:
        code = pl.lit("")
        only = column.unit if column.unit != "%" else None
        unit = pl.coalesce(pl.lit(header_unit, pl.String), pl.lit(only, pl.String), pl.lit("%"))
    pairs = texts.select(code=code, unit=unit).drop_nulls().unique()
    powers = {f"{c} {u}": str(power(u, column.units[c])) for c, u in pairs.iter_rows()}
    found = pl.concat_str(code, pl.lit(" "), unit).replace_strict(powers, default=None, return_dtype=pl.String)
    names = {c: names[0] for c, names in column.units.items()}
    return code, unit, code.replace_strict(names, default=None, return_dtype=pl.String), found


def power(text: str, accepted: tuple[str, ...]) -> int | str:
    """The n of 10^n: how many of the first unit of `accepted` (all of them one and the same) is one `text`.

    Counting units (个, km ...), which the registry does not hold, stand as listed, with 万 or 亿 before them. Else
    the id of the rule that the text violates.
    """
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", text))
    for unit in accepted:
        if counted := re.fullmatch(f"(万|亿)?{re.escape(unit)}", plain):
            return {None: 0, "万": 4, "亿": 8}[counted[1]]
    if re.sub("^[万亿]", "", plain) in _COUNTING:
        return "unit.dimension"
    try:
        dimension = units.parse_unit(text).dimension
    except DataError as error:
        return error.id
    dimensions = {known: unit for unit in accepted if (known := units.dimension(unit))}
    if dimension in dimensions:
        factor = units.ratio(text, dimensions[dimension])
        return len(str(factor.numerator)) - len(str(factor.denominator))
    return "unit.density" if {dimension, *dimensions} == {"mass", "volume"} else "unit.dimension"


_COUNTING = {unit for _, accepted in METRICS.values() for unit in accepted}
