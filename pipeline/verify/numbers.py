"""Do the numbers of a publication agree: page and data, page and PDF, CSV and Parquet, sums and ratios?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation

import polars as pl

from pipeline import wording
from pipeline.given.regions import NATION_CODE
from pipeline.publish import tables
from pipeline.publish.home import DOWNLOADS
from pipeline.publish.whole import VALUES
from pipeline.verify import formats, texts
from pipeline.verify.site import PAPER, Data, Found, Site, summed
from pipeline.verify.texts import Known, Page, Table

PROVINCES = 31
CHAINED = "chained"  # the flag of volumes that do not add up
LONGEST = 400  # digits before or after the point of any number of ours
LACKING = 0.2  # of the numbers of a page's sentences; what is folded in and said for the blind is not on paper
CELL = ("indicator_id", "region_code", "year", "dimension", "member", "value", "numerator", "denominator", "flag")
CLOSE = Decimal("1e-12")  # relative: binary fractions
NOISE = 1e-6  # relative, by which sums of binary fractions may be off
_number = re.compile(r"[−-]?\d[\d,]*(?:\.\d+)?")


def check(site: Site) -> Iterator[Found]:
    """What does not agree in the scope of a site, and how much was compared."""
    compared = printed = 0
    for edition, code, scenario in site.pages():
        pages, broken = _pages(site, edition, code, scenario)
        yield from broken
        for path, page in pages.items():
            if site.inside(path):
                count, said = _against_data(site, edition, (code, scenario), path, page, pages)
                compared += count
                yield from (*said, *of_cells(path, page))
        for path in site.of_report(edition, code, scenario):
            if path.endswith(PAPER) and site.inside(path) and site.file(path):
                known, beside = Known(_beside(path, pages)), pages.get(f"{path.rpartition('.')[0]}.html")
                count, said = on_paper(path, site.read(path), known, beside, site.is_whole(path))
                printed += count
                yield from said
    for edition in site.wanted():
        data = f"{DOWNLOADS}/{edition}/"
        yield from formats.check(site, data)
        values = f"{data}{VALUES}.csv"
        if site.inside(values) and site.file(values):
            yield from summed(values, "处自相矛盾", list(_contradicting(site.read(values))))
    if compared or printed:
        yield Found(f"核对了网页各表的 {compared} 个数、PDF 和 Word 文件的 {printed} 个数", fault=False)


def _pages(site: Site, edition: str, code: str, scenario: str) -> tuple[dict[str, Page], list[Found]]:
    found, broken = {}, []
    for path in site.of_report(edition, code, scenario):
        if path.endswith(".html") and (site.root / path).is_file():
            try:
                found[path] = texts.read(site.root / path)
            except ValueError:
                broken.append(Found(f"{path} 不是 UTF-8 的网页，读不出来"))
    return found, broken


def _beside(path: str, pages: Mapping[str, Page]) -> list[Page]:
    """The pages in the language of the file."""
    return [page for name, page in pages.items() if _is_english(name) == _is_english(path)]


def _is_english(path: str) -> bool:
    return path.rsplit(".", 1)[0].endswith(".en")


# --- a page and the data ---------------------------------------------------------------------------------------


def _against_data(
    site: Site, edition: str, report: tuple[str, str], path: str, page: Page, pages: Mapping[str, Page]
) -> tuple[int, list[Found]]:
    """How many numbers of the page's tables were compared with the published ones, and which are others."""
    count, said = 0, list[str]()
    for id, table in page.tables.items():
        original = table if not _is_english(path) else _original(id, pages)
        published = site.data(f"{DOWNLOADS}/{edition}/{id}.csv")
        if original is None or not published.heads:
            continue
        data = _own(published, report, original)
        body = [row for row in table.rows if row]
        shift = _shifts(body, data or []) if _is_english(path) else {}
        if data is None or len(data) != len(body):
            said.append(f"{id} 有 {len(body)} 行，公布的数据为 {len(data or [])} 行")
            continue
        for at, (shown, told) in enumerate(zip(body, data, strict=True), 1):
            for column, ((_, exact), value) in enumerate(zip(shown, told, strict=False)):
                count += _as_number(value) is not None
                if not _same(exact, value, shift.get(column, 0), as_text=not _is_english(path)):
                    said.append(f"{id} 第 {at} 行写的是 {exact or '空'}，公布的数据为 {value or '空'}")
    return count, summed(path, "处与公布的数据不同", said)


def of_cells(path: str, page: Page) -> list[Found]:
    """Where a table of a page prints another number than its cell holds for the download."""
    said = [
        f"{id} 第 {at} 行印的是 {text}，下载的是 {exact}"
        for id, table in page.tables.items()
        for at, row in enumerate((row for row in table.rows if row), 1)
        for text, exact in row
        if exact != text and not prints(text, exact)
    ]
    return summed(path, "处印的与下载的不同", said)


def _original(id: str, pages: Mapping[str, Page]) -> Table | None:
    """The table as the Chinese report has it, whose heads are those of the data."""
    return next((page.tables[id] for name, page in pages.items() if not _is_english(name) and id in page.tables), None)


def _own(data: Data, report: tuple[str, str], table: Table) -> list[list[str]] | None:
    """The report's rows of a published table, with the columns of the report's; None where there are no such columns."""
    heads, own = [wording.scripts(name) for name in data.heads], data.rows.get(report, [])
    name = tables.WHERE[1]
    region = own[0][heads.index(name)] if own and name in heads else ""
    columns = [wording.scripts(one) for one in tables.called(table.heads, region)]
    if any(one not in heads for one in columns):
        return None
    return [[row[heads.index(one)] for one in columns] for row in own]


def _shifts(rows: Sequence[Sequence[tuple[str, str]]], data: Sequence[Sequence[str]]) -> dict[int, int]:
    """By which power of ten the numbers of each column are told otherwise than they are published: an English page counts in
    millions what the data count in 万."""
    found: dict[int, Counter[int]] = {}
    for shown, told in zip(rows, data, strict=False):
        for column, ((_, exact), value) in enumerate(zip(shown, told, strict=False)):
            one, other = _as_number(exact), _as_number(value)
            if one and other:
                found.setdefault(column, Counter())[one.adjusted() - other.adjusted()] += 1
    return {column: counted.most_common(1)[0][0] for column, counted in found.items()}


def _same(one: str, other: str, shift: int, as_text: bool) -> bool:
    """Whether a cell is the published one. shift: the power of ten by which it is told otherwise."""
    a, b = _as_number(one), _as_number(other)
    if a is not None and b is not None:
        return abs(a - b.scaleb(shift)) <= CLOSE * abs(a) if shift else a == b
    return not as_text or _text(one) == _text(other)


def _text(cell: str) -> str:
    """A text as the page prints it, without the mark that keeps spreadsheets from computing it."""
    return wording.scripts(cell.strip().lstrip("'"))


def _as_number(text: str) -> Decimal | None:
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found.adjusted()) < LONGEST else None


def prints(shown: str, exact: str) -> bool:
    """Whether a cell prints the exact value, rounded and in whatever scale; what is no number is as it is."""
    value, found = _as_number(exact), _number.search(shown)
    if value is None or found is None:
        return True
    text = found[0].replace(",", "").replace(wording.MINUS, "-")
    decimals = len(text.partition(".")[2])
    told = abs(Decimal(text))
    return any(abs(abs(value) * scale - told) <= Decimal("0.5000001").scaleb(-decimals) for scale in texts.SCALES)


# --- a file for paper and the pages ---------------------------------------------------------------------------------------


def on_paper(path: str, content: bytes, known: Known, beside: Page | None, is_whole: bool) -> tuple[int, list[Found]]:
    """How many numbers of a PDF or Word file were looked for on the pages, and which are not there. beside: the page of the
    same part; is_whole: whether it is, to the byte, the file that was made."""
    try:
        numbers = texts.of_pdf(content) if path.endswith(".pdf") else texts.of_word(content)
    except ValueError:
        return 0, [Found(f"{path} 不是完整的 {'PDF' if path.endswith('.pdf') else 'Word 文件'}，读不出来")]
    said = [f"{one.where}“{one.before}{one.text}{one.after}”" for one in known.strange(numbers)]
    found = summed(path, "个数与网页不同", said)
    if not found and not is_whole:
        missing, of = texts.lacking(beside, numbers) if beside else (0, 0)
        now = f"{path} 与发布的不是逐字节相同"
        if missing > LACKING * of:
            found = [Found(f"{now}，网页文字中的 {of} 个数有 {missing} 个不在其中：缺页，或不是这一份")]
        else:
            found = [Found(f"{now}，但 {len(numbers)} 个数都与网页相同：像是由别的程序另存过")]
    return len(numbers), found


# --- the data among themselves -----------------------------------------------------------------------------------


def _contradicting(content: bytes) -> Iterator[str]:
    """Values that are not the ratio of their parts; nations that are not the sum of their provinces."""
    try:
        data = pl.read_csv(content, infer_schema=False, null_values=["", wording.HIDDEN]).select(CELL)
        table = data.with_columns(pl.col("value", "numerator", "denominator").cast(pl.Float64))
    except pl.exceptions.PolarsError:
        yield f"应有 {'、'.join(CELL)} 各列，其中 value、numerator、denominator 是数值"
        return
    ratio = pl.col("numerator") / pl.col("denominator")
    forms = (ratio, 100 * ratio, ratio - 1, 1 - ratio, 1 / ratio - 1)  # a ratio, an index, changes
    off = pl.min_horizontal(*((pl.col("value") - form).abs() for form in forms))
    both = table.drop_nulls(["value", "numerator", "denominator"]).filter(pl.col("denominator") != 0)
    for row in both.filter(off > NOISE * pl.max_horizontal(pl.col("value").abs(), 1e-9)).iter_rows(named=True):
        yield f"{_cell(row)} 的 value {row['value']} 不是 numerator ÷ denominator"
    # What adds up: amounts, and ratios as they are; not changes, not chained volumes.
    plain = table.with_columns(alike=(pl.col("value") - ratio).abs() <= NOISE * pl.col("value").abs())
    adds = plain.filter(
        pl.col("numerator").is_not_null(),
        pl.col("alike").fill_null(True),
        ~pl.col("flag").fill_null("").str.contains(CHAINED),
    )
    on = ["indicator_id", "dimension", "member", "year"]
    provinces = adds.filter(pl.col("region_code").str.contains(r"^\d{6}$"), pl.col("region_code") != NATION_CODE)
    sums = provinces.group_by(on).agg(total=pl.col("numerator").sum(), n=pl.len())
    nation = adds.filter(pl.col("region_code") == NATION_CODE)
    both = nation.join(sums.filter(pl.col("n") == PROVINCES), on=on, nulls_equal=True)
    apart = (pl.col("numerator") - pl.col("total")).abs() > NOISE * pl.max_horizontal(pl.col("numerator").abs(), 1e-9)
    for row in both.filter(apart).iter_rows(named=True):
        yield f"{_cell(row)} 的 numerator {row['numerator']} 不是各省之和 {row['total']}"


def _cell(row: Mapping[str, object]) -> str:
    parts = [row["indicator_id"], row["region_code"], row["year"], row["dimension"], row["member"]]
    return "·".join(str(one) for one in parts if one is not None)
