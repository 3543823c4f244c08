"""What has been published so far? A record of every publication, which binds all later ones.

Whoever reads the site today may have kept what stood there yesterday. So what was hidden stays hidden, what was published
with the same value is known and cannot be hidden any more, and what was published with another value is not published
again: the difference would tell the rows that were corrected or withdrawn, often of a single filer.

A record is a table of cells with a hash of what was printed of each, and no value; the site carries it, so that it can be
brought back from there. It stands in `data/published/<filings>/`, beside what is computed, and is never cleaned.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import polars as pl

from pipeline.disclosure.rules import CELL
from pipeline.errors import DataError
from pipeline.indicators import flags
from pipeline.indicators.evaluate import SIDES
from pipeline.layout import Layout
from pipeline.output import placed

RECORD: dict[str, pl.DataType] = {
    "table": pl.String(), "indicator_id": pl.String(), "dimension": pl.String(), "member": pl.String(),
    "region_code": pl.String(), "year": pl.Int64(), "printed": pl.String(),
}  # fmt: skip
"""table: the stem of the indicator table. printed: a hash of value, numerator and denominator; null where it was hidden."""
NAME = re.compile(r"(\d{4})-(\d+)\.parquet")
FOLDER, VALUES = "published", "indicator-values.parquet"  # of a site


@dataclass(frozen=True)
class Bound:
    """What the publications so far ask of a table: CELL each. hidden: what stays hidden; restated: what was published with
    another value; known: what was published as it is now; values: ratios of which the value was, without its parts."""

    hidden: pl.DataFrame
    restated: pl.DataFrame
    known: pl.DataFrame
    values: pl.DataFrame

    def fits(self, pattern: pl.DataFrame) -> bool:
        """Whether a pattern hides all that must be hidden, and nothing that is known."""
        on = {"on": CELL, "nulls_equal": True}
        out = pattern.filter(~pl.col("value_only"))
        asked = pl.concat([self.hidden, self.restated])
        told = pl.concat([self.known, self.values])
        return asked.join(out, how="anti", **on).is_empty() and told.join(out, how="semi", **on).is_empty()  # type: ignore[arg-type]


def of_table(table: pl.DataFrame, stem: str) -> pl.DataFrame:
    """RECORD of an indicator table of the public."""
    told = table.filter(pl.col("entity_id").is_null())
    hidden = pl.col("flag").fill_null("").str.contains(flags.SUPPRESSED)
    printed = pl.any_horizontal(pl.col("value", *SIDES).is_not_null())
    rows = told.filter(printed | hidden)
    return _told(rows, stem, hidden)


def _told(rows: pl.DataFrame, stem: str, hidden: pl.Expr) -> pl.DataFrame:
    marked = rows.with_columns(_hidden=hidden & pl.col("value").is_null())
    texts = [f"{value!r} {numerator!r} {denominator!r}" for value, numerator, denominator in marked.select("value", *SIDES).iter_rows()]  # fmt: skip
    hashes = pl.Series([hashlib.sha256(text.encode()).hexdigest()[:24] for text in texts], dtype=pl.String)
    named = marked.with_columns(table=pl.lit(stem), printed=hashes)
    told = named.with_columns(printed=pl.when(~pl.col("_hidden")).then("printed"))
    return told.select(pl.col(name).cast(dtype) for name, dtype in RECORD.items()).sort(list(RECORD), nulls_last=False)


def read(layout: Layout, filings: str) -> pl.DataFrame:
    """RECORD of all publications of these filings together, and `publication`, the name of each. Raises DataError."""
    frames = [pl.DataFrame(schema=RECORD | {"publication": pl.String()})]
    for path in sorted((layout.published / filings).glob("*.parquet")):
        frames.append(_read(path).with_columns(publication=pl.lit(path.stem)))
    return pl.concat(frames)


def _read(path: Path) -> pl.DataFrame:
    try:
        found = pl.read_parquet(path, glob=False)
    except (OSError, pl.exceptions.PolarsError):
        found = pl.DataFrame()
    if found.schema != pl.Schema(RECORD):
        raise DataError("published.record", f"公布记录 {path} 读不出来或列不对；请从网站重新导入：green-report publish --import-record 网站文件夹")  # fmt: skip
    return found


def bound(record: pl.DataFrame, stem: str, printable: pl.DataFrame, alone: pl.DataFrame) -> Bound:
    """What `record` (of `read`) asks of the table `stem`. printable: the table of the public with nothing hidden; alone: the
    same, of ratios only the values (`publication.alone`)."""
    mine = record.filter(pl.col("table") == stem).select(*CELL, "printed")
    now = of_table(printable, stem).drop_nulls("printed").select(*CELL, now="printed")
    bare = of_table(alone, stem)
    both = mine.join(now, on=CELL, how="inner", nulls_equal=True).join(
        bare.select(*CELL, alone="printed"), on=CELL, how="left", nulls_equal=True
    )
    is_same, is_alone = ((pl.col("printed") == pl.col(name)).fill_null(False) for name in ("now", "alone"))
    each = both.group_by(CELL).agg(
        shown=pl.col("printed").is_not_null().any(),
        same=is_same.any(),
        alone=is_alone.any(),
        other=(pl.col("printed").is_not_null() & ~is_same & ~is_alone).any(),
    ).sort(CELL)  # fmt: skip
    fits = ~pl.col("other")
    return Bound(
        each.filter(~pl.col("shown")).select(CELL),
        each.filter("other").select(CELL),
        each.filter(fits & pl.col("same")).select(CELL),
        each.filter(fits & pl.col("alone") & ~pl.col("same")).select(CELL),
    )


def keep(layout: Layout, filings: str, year: int, record: pl.DataFrame) -> Path | None:
    """Write the record of a publication under the first free number, unless the edition was published exactly so before
    (then None)."""
    folder = layout.published / filings
    before = _editions(folder, year)
    if any(_read(path).equals(record) for path in before):
        return None
    path = next(path for number in count(1) if (path := folder / f"{year}-{number}.parquet") not in before)
    with placed(path) as beside:
        record.write_parquet(beside)
    return path


def _editions(folder: Path, year: int) -> list[Path]:
    found = [(int(match[2]), path) for path in folder.glob("*.parquet") if (match := NAME.fullmatch(path.name)) and int(match[1]) == year]  # fmt: skip
    return [path for _, path in sorted(found)]


def files(layout: Layout, filings: str) -> list[Path]:
    return sorted((layout.published / filings).glob("*.parquet"))


def digest(record: pl.DataFrame) -> str:
    """A hash of all publications of `record`."""
    return hashlib.sha256(
        record.drop("publication").unique().sort(list(RECORD), nulls_last=False).write_csv().encode()
    ).hexdigest()


def bring_back(layout: Layout, site: Path) -> int:
    """Copy the records that a site carries into the checkout, also over damaged ones; returns how many are new. Raises DataError where there are none."""
    found = [(path.parent.name, path.name, _read(path)) for path in sorted((site / FOLDER).glob("*/*.parquet"))]
    if not found:  # a site of before there were records: its data tell the same
        for path in sorted(site.glob(f"downloads/*/{VALUES}")):
            year, _, filings = path.parent.name.partition("-")
            values = pl.read_parquet(path, glob=False).with_columns(entity_id=pl.lit(None, pl.String))
            found.append((filings, f"{year}-1.parquet", of_table(values, "indicators")))
    if not found:
        raise DataError("published.none", f"{site} 里没有公布记录（{FOLDER}/）；请指定由 publish 生成的网站文件夹")
    records = []
    for filings, name, record in found:
        match = NAME.fullmatch(name)
        if match is None or not re.fullmatch(r"\w[\w-]*", filings):
            raise DataError("published.name", f"{site / FOLDER / filings / name} 不是公布记录；应名为 年份-序号.parquet，如 2025-1.parquet")  # fmt: skip
        if (path := layout.published / filings / name).is_file() and not _is_whole(path):
            path.unlink()  # what is damaged is brought back in its place
        records.append((filings, int(match[1]), record))
    return sum(keep(layout, *one) is not None for one in records)


def _is_whole(path: Path) -> bool:
    try:
        return _read(path).height >= 0
    except DataError:
        return False
