"""May this sheet be read? What stands around its cells is heard: other headers, and units wherever they are said.

A unit overlooked is a slip of 10^4, a header overlooked a column of another year. The unit of a column is that of its
header, of the unit column, or the one that the contract names; what a title, a note, a name or a row under the header
says must agree with it. Where two places disagree, or a unit cannot be attributed, the sheet is refused with the places.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import polars as pl

from pipeline.errors import shown
from pipeline.filings.contracts import Column, Table, column_of, headers
from pipeline.filings.normalise import COUNTS, MANY, power
from pipeline.filings.reading import FileProblem, Sheet, Skipped, clean, header_key
from pipeline.given import units

Known = Mapping[str, tuple[Column, str | None]]  # header as it stands -> its column, the unit in its brackets

_HAN = r"\u3400-\u9fff"
_MANY = "|".join([*MANY, "十"])
_TIMES = rf"(?:{_MANY}|[×x*]?\s*10(?:\^?[0-9]|0+)|hundred|thousand|million|billion)"
_OF_ONES = re.compile(rf"(?:{COUNTS})", re.IGNORECASE)
_OF_MANY = re.compile(rf"(?:{'|'.join(MANY)})(?:{COUNTS})?", re.IGNORECASE)
_NO_REMARK = re.compile(
    rf"[0-9a-z%‰×^]|{_MANY}|[瓦吨度焦元米升克比率季]|[上去]年|同期|计划|预计|累计|新增|小时|分钟|^[年天日秒]$",
    re.IGNORECASE,
)
_DEFINITION = re.compile(
    r"(?:[按折每架合]*2\.5\s*(?:kW|千瓦)[/每架折算合计]*)|[0-9]+\s*[-~至]\s*[0-9]+"
)  # of a rack; a range
_OTHER_TIME = re.compile(r"[上去本前]年|[上本]期|同期|计划|预计|实际|累计|20[0-9]{2}")
_YEARS = re.compile(r"20[0-9]{2}\s*年?[度末底]?")
_OWN_UNIT = ("baseline_per_unit", "project_per_unit", "factor_kgco2_per_unit", "activity_amount", "addressable_amount")
_SAID = re.compile(
    rf"(?:计量|数量|数据|电量|能耗|金额|用量|的|(?<![{_HAN}]))单位\s*(?:[:：]|均?[为是])?\s*([^，。；;()（）\[\]【】]+)"
    r"|\bunits?\b\s*(?:[:：]|is\b|are\b)?\s*([^，。；;()（）\[\]【】]+)"
    rf"|[以按]([^，。；;以按]{{1,9}}?)(?:为?计|为单位|统计|填)"
    r"|[(（\[【]\s*(?:计量单位|单位|units?)?\s*[:：]?\s*([^()（）\[\]【】]+?)\s*[)）\]】]",
    re.IGNORECASE,
)
_COUNTED = ("number", "integer")
_ROWS = 5  # under the header and at the end, which may be no data


@dataclass(frozen=True)
class _Told:
    """A unit that is told somewhere: the place, the words there, the unit (None: a multiple of something), whether it
    must be one of the table's, the column that it stands under."""

    place: str
    words: str
    unit: str | None
    must_fit: bool = False
    column: str | None = None


class _Refused(NamedTuple):
    """The header that is blamed, and a sentence without the name of the sheet before it."""

    header: str
    says: str


def refusal(table: Table, sheet: Sheet, skipped: Iterable[Skipped]) -> FileProblem | None:
    """Why a sheet cannot be read for certain. `skipped`: what the reading left out of it."""
    known = {header: one for header in sheet.columns if (one := column_of(table, header))}
    around = [one for one in skipped if one.file == sheet.file and one.sheet == (sheet.sheet or None) and one.row]
    of_header = (
        _second_header(table, sheet, known) or _second_level(table, sheet, known, around) or _repeated(table, sheet)
    )
    found = (
        of_header or _units_differ(known) or _count(known) or _unit_column(sheet, known) or _units(sheet, known, around)
    )
    if not found:
        return None
    rule = "sheet.header" if of_header else "sheet.unit"
    return sheet.problem(rule, found.says, found.header)


# --- headers -----------------------------------------------------------------------------------------------


def _second_header(table: Table, sheet: Sheet, known: Known) -> _Refused | None:
    """A row of headers among the data; one that says the same in each column is no more than a row to reject."""
    for name in list(known)[:2]:
        texts = sheet.rows[name].unique().drop_nulls()
        cells = [text for text in texts.filter(~texts.str.contains("[0-9]")) if header_key(text) in _keys()]
        for row in sheet.rows.filter(pl.col(name).is_in(cells)).head(1000).iter_rows(named=True) if cells else ():
            filled = {at: text for at, text in row.items() if at in sheet.columns and text}
            if 2 * sum(header_key(text) in _keys() for text in filled.values()) < max(4, len(filled)):
                continue
            for at, text in filled.items():
                one, other = known.get(at), column_of(table, text)
                if one and (other is None or one[0] != other[0] or not units.same(one[1] or "", other[1] or "")):
                    return _Refused(
                        at,
                        f"第 {row['source_row']} 行又有一行表头，写着“{shown(text)}”，与第 {sheet.header_row} 行的"
                        f"“{shown(at)}”不同，本表未读取；每个工作表应只有一张表、一行表头。",
                    )
    return None


@cache
def _keys() -> frozenset[str]:
    return frozenset(map(header_key, headers()))


def _second_level(table: Table, sheet: Sheet, known: Known, around: list[Skipped]) -> _Refused | None:
    """A second row of the header, which parts a column: 上年 and 本年, 计划 and 实际."""
    amounts = {name for name, (column, _) in known.items() if column.kind in ("quantity", *_COUNTED)}
    amounts |= {name for name in sheet.columns if re.fullmatch("列[A-Z]+(_[0-9]+)?", name)}
    right = "本表未读取；表头应只有一行，每列只含本年的实际数，其他年份的数请另行填报。"
    for row in sheet.rows.head(3).iter_rows(named=True) if table.has("year") else ():
        filled = {at: text.strip() for at, text in row.items() if at in sheet.columns and text}
        if all(re.fullmatch("[A-Za-z]{1,2}", text) for text in filled.values()):  # names of columns
            continue
        no_data = not any(re.search(r"\d", text) for text in filled.values())
        years = len(filled) < len(known) / 2 and all(_YEARS.fullmatch(text) for text in filled.values())
        for at, text in filled.items():
            if at in amounts and ((no_data and not _is_unit(text) and header_key(text) not in _keys()) or years):
                return _Refused(
                    at, f"第 {row['source_row']} 行在表头“{shown(at)}”之下写有“{shown(text)}”，像是第二层表头，{right}"
                )
    repeated = [name for name in known if (base := re.sub("_[0-9]+$", "", name)) != name and base in amounts]
    repeated += [name for name in sheet.columns if re.sub("_[0-9]+$", "", name) in amounts and name not in known]
    for one in around:
        if repeated and one.row and one.row < sheet.header_row and (word := _OTHER_TIME.search(one.text)):
            return _Refused(
                repeated[0],
                f"第 {one.row} 行写有“{word[0]}”，而表头里有两列“{re.sub('_[0-9]+$', '', repeated[0])}”，{right}",
            )
    return None


def _repeated(table: Table, sheet: Sheet) -> _Refused | None:
    """Two columns that say they are the same, and are not."""
    first = dict[str, tuple[str, str | None]]()
    for header in sheet.columns:
        base = re.sub("_[0-9]+$", "", header)  # the reader numbers headers that are repeated
        one = column_of(table, header) or (column_of(table, base) if base in sheet.columns else None)
        if one is None:
            continue
        column, unit = one
        other, its_unit = first.setdefault(column.name, (header, unit))
        cells, alike = sheet.rows[header], units.same(unit or "", its_unit or "")
        if (
            other == header
            or cells.null_count() == cells.len()
            or (alike and cells.eq_missing(sheet.rows[other]).all())
        ):
            continue
        return _Refused(
            header,
            f"的表头“{shown(other)}”和“{shown(header)}”都是“{column.zh}”，内容却不同，不能确定用哪一列，本表未读取；"
            f"“{column.zh}”应只有一列。",
        )
    return None


def _unit_in(text: str) -> str:
    """The unit that a cell under a header would name: 万千瓦时, of （单位：万千瓦时）."""
    plain = unicodedata.normalize("NFKC", text).strip("()[]【】 ")
    return re.sub("^(?:计量)?单位[:：]?", "", plain).strip()


def _is_unit(text: str) -> bool:
    """Whether a cell under a header names a unit, or says that there is none."""
    plain = _unit_in(text)
    bare = re.fullmatch(r"[-—–/\\]*|无|没有单位|无单位|N/?A", plain, re.IGNORECASE)
    return bool(bare or units.dimension(plain) or _OF_ONES.fullmatch(plain) or re.match(_TIMES, plain) or plain == "%")


# --- units -------------------------------------------------------------------------------------------------


def _units_differ(known: Known) -> _Refused | None:
    """Cases whose baseline and project have headers with different units: one cannot be taken from the other."""
    told = {column.name: (header, unit) for header, (column, unit) in known.items() if unit}
    pair = [told[name] for name in ("baseline_per_unit", "project_per_unit") if name in told]
    if len(pair) < 2 or units.same(str(pair[0][1]), str(pair[1][1])):
        return None
    return _Refused(
        pair[0][0],
        f"的“{shown(pair[0][0])}”与“{shown(pair[1][0])}”的单位不同，不能相减，本表未读取；"
        "请用同一单位，并写在“单耗单位”一列。",
    )


def _count(known: Known) -> _Refused | None:
    """A count whose header has a unit of something else, or a multiple that is none of ones."""
    for header, (column, unit) in known.items():
        if column.kind in _COUNTED and unit and column.name not in _OWN_UNIT:
            plain = unicodedata.normalize("NFKC", unit).strip()
            plain = _DEFINITION.sub("", plain)
            if not (_OF_ONES.fullmatch(plain) or _OF_MANY.fullmatch(plain)) and _NO_REMARK.search(plain):
                return _Refused(
                    header,
                    f"表头“{shown(header)}”括号里的“{shown(unit)}”不是“{column.zh}”的单位，本表未读取；"
                    f"“{column.zh}”是个数，括号里只可写 个、架、座、万个 等，或不写。",
                )
    return None


def _unit_column(sheet: Sheet, known: Known) -> _Refused | None:
    """A header with a unit beside a column of units that says otherwise."""
    for header, (column, unit) in known.items():
        if column.by and unit and (other := _row_with_another(sheet, known, unit, of_header=True)):
            return _two_places(header, f"表头“{shown(header)}”写有“{shown(unit)}”，而{other}")
    return None


def _row_with_another(sheet: Sheet, known: Known, unit: str, of_header: bool = False) -> str | None:
    """The first row whose unit column has another unit of the same dimension, or any where `unit` is a bare multiple;
    beside that of a header also one of what is counted (件)."""
    name = next((header for header, (column, _) in known.items() if column.kind == "unit"), None)
    if name is None:
        return None
    cells = sheet.rows.select("source_row", text=clean(pl.col(name))).drop_nulls()
    for row, text in cells.unique("text", keep="first", maintain_order=True).iter_rows():
        theirs, ours = units.dimension(text), units.dimension(unit)
        times = [found[0] if (found := re.match(_TIMES, one)) else "" for one in (unit, text)]
        differ = not units.same(text, unit) if ours else times[0] not in ("", times[1])
        differ |= bool(re.fullmatch(_TIMES, unit))
        differ |= unit in "%‰" and ours is None and not units.same(text, unit)
        if differ and (ours in (None, theirs) or (of_header and _OF_ONES.fullmatch(text))):
            return f"第 {row} 行的“{shown(name)}”是“{shown(text)}”"
    return None


def _units(sheet: Sheet, known: Known, around: list[Skipped]) -> _Refused | None:
    """A unit beside the header that is not the one in which the columns are read."""

    def unclear(header: str, told: _Told, example: str = "") -> _Refused:
        right = f"请把计量单位写在各列表头的括号里{example}"
        return _Refused(header, f"{told.place}写有“{shown(told.words)}”，不能确定指哪些列，本表未读取；{right}。")

    for told in _all_told(sheet, known, around):
        under = {header: one for header, one in known.items() if told.column in (None, header)}
        amounts = {header: one for header, one in under.items() if one[0].kind == "quantity"}
        bare = [header for header, (column, unit) in amounts.items() if not unit and not column.by]
        if told.unit is None:
            bare += [header for header, (column, unit) in under.items() if column.kind in _COUNTED and not unit]
            if bare:
                return unclear(bare[0], told)
            continue
        fits = False
        for header, (column, unit) in amounts.items():
            accepted = next((one for one in column.units.values() if isinstance(power(told.unit, one), int)), None)
            if accepted is None:
                continue
            fits, n, other = True, power(told.unit, accepted), ""
            if unit and isinstance(power(unit, accepted), int) and power(unit, accepted) != n:
                other = f"表头“{shown(header)}”写有“{shown(unit)}”"
            elif column.by:
                other = _row_with_another(sheet, known, told.unit) or ""
            elif not unit and n != 0:
                return unclear(header, told, f"，如 {column.zh}（{shown(told.unit)}）")
            if other:
                return _two_places(header, f"{told.place}写有“{shown(told.words)}”，而{other}")
        if not fits and told.must_fit and bare:
            column = known[bare[0]][0]
            return unclear(bare[0], told, f"，如 {column.zh}（{column.unit}）")
    return None


def _two_places(header: str, places: str) -> _Refused:
    return _Refused(header, f"{places}，两处不同，本表未读取；计量单位请只写在一处。")


def _all_told(sheet: Sheet, known: Known, around: list[Skipped]) -> Iterator[_Told]:
    for one in around:
        place = f"第 {one.row} 行在表头之上" if (one.row or 0) < sheet.header_row else f"第 {one.row} 行在表下"
        yield from _told(place, one.text)
    if sheet.sheet:
        yield from _told("的名称里", sheet.sheet)
    yield from _told("所在文件的名称里" if sheet.sheet else "的名称里", Path(sheet.file).stem)
    for header in sheet.columns:
        if header not in known and re.match("(?:计量)?单位", header):
            yield from _told("的表头里", header)
    rows = pl.concat([sheet.rows.head(_ROWS), sheet.rows[_ROWS:].tail(_ROWS)])
    for row in rows.iter_rows(named=True):
        filled = {at: text for at, text in row.items() if at in sheet.columns and text}
        place = f"第 {row['source_row']} 行在表头之下"
        for at, text in filled.items():
            if at in known and known[at][0].kind in ("quantity", *_COUNTED) and not re.search(r"\d", text):
                unit = _unit_in(text)
                if (known_unit := units.dimension(unit)) or re.match(_TIMES, unit):
                    yield _Told(place, unit, unit if known_unit else None, column=at)
        if len(filled) <= 2:
            yield from _told(place, " ".join(filled.values()))


def _told(place: str, text: str) -> Iterator[_Told]:
    """The units that a sentence tells; numbers with units (500 万千瓦时以上) tell none."""
    plain = unicodedata.normalize("NFKC", text).replace("·", "").replace("⋅", "")
    plain = re.sub(rf"(?<=[{_HAN}])\s+(?=[{_HAN}])(?!单\s*位|计\s*量)", "", plain)
    plain = re.sub(rf"({_MANY})\s+(?=[A-Za-z])", r"\1", plain)
    for found in _SAID.finditer(plain):
        words = next(one for one in found.groups() if one)
        tokens = [one for one in re.split(r"[、,，/和及与或\s]+", words) if one]
        must_fit = len(tokens) == 1 and not (found[3] or found[4])
        for token in tokens:
            if units.dimension(token):
                colon = re.search("单位\\s*[:：]", found[0])
                yield _Told(place, f"单位：{token}" if colon else token, token, must_fit)
            elif re.fullmatch(rf"{_TIMES}\s*(?:{COUNTS}|{_spellings()})?", token, re.IGNORECASE):
                yield _Told(place, found[0].strip(), None)
    for found in re.finditer(rf"({_TIMES}\s*)?(?<![A-Za-z0-9])({_spellings()})(?![A-Za-z0-9])", plain, re.IGNORECASE):
        before = plain[: found.start()].rstrip()[-1:]
        times = (found[1] or "").strip()
        if re.fullmatch("10[0-9]+", times):
            continue
        if times and not re.fullmatch(_MANY, times):
            yield _Told(place, found[0], None)
        elif not (before.isdigit() or (before and before in "每/当")):
            unit = found[0].replace(" ", "")
            if units.dimension(unit):
                yield _Told(place, unit, unit)


@cache
def _spellings() -> str:
    """A pattern of units that are no part of other words: 千瓦时, 万吨; not 度 (年度), 方 (地方) or GB (国标)."""
    long = sorted(
        (one for one in units.spellings() if len(one) > 1 and one not in ("gb", "立方")), key=len, reverse=True
    )
    many = "(?:万亿|百万|千万|[万亿])"
    return rf"(?:{_MANY})?(?:{'|'.join(map(re.escape, long))})|{many}(?:度|吨|元|升|t|gb)|gb(?!\s*/?\s*[t0-9])"
