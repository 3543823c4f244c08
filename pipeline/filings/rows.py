"""The rows of one table between reading and deciding: what was filed beside what it means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import polars as pl

from pipeline.filings.contracts import Table, columns_of
from pipeline.filings.reading import Sheet
from pipeline.filings.rules import number
from pipeline.given.regions import all_regions
from pipeline.layout import Layout

UNREAD = pl.List(pl.Struct({"header": pl.String(), "text": pl.String()}))
CORRECTED = "corrected"  # the flag of a row whose value was set or scaled
OWN = ("_id", "_filed", "_wrong", "_old", "_out")


@dataclass
class Rows:
    """frame: canonical columns, SOURCE, and OWN: _id (place in the table), _filed (the year of the filing), _wrong (a
    cell is), _old (superseded), _out (not to be accepted, for any reason). sheets: where the rows come from, one
    after the other. flags: _id and rule of flags that are known before the check.
    """

    table: Table
    frame: pl.DataFrame
    sheets: list[Sheet]
    flags: list[tuple[int, str]] = field(default_factory=list)

    @property
    def left(self) -> pl.DataFrame:
        """The rows that may still be accepted."""
        return self.frame.filter(~pl.col("_out")) if self.frame["_out"].any() else self.frame

    def mark(self, ids: pl.Series, *columns: str) -> None:
        """Set `columns` of the rows to true."""
        chosen = pl.col("_id").is_in(ids.implode())
        self.frame = self.frame.with_columns((pl.col(column) | chosen).alias(column) for column in columns)

    def starts(self) -> Iterator[tuple[Sheet, int]]:
        """Each sheet and the _id of its first row."""
        first = 0
        for sheet in self.sheets:
            yield sheet, first
            first += sheet.rows.height

    def filed(self, ids: pl.Series) -> pl.DataFrame:
        """The rows as text: SOURCE, the cells by the name of their column, and `unread` (List of header and text),
        the cells that belong to none. `ids` ascend."""
        parts = [
            _filed(
                self.table, sheet, ids.filter(ids.is_between(first, first + sheet.rows.height, closed="left")) - first
            )
            for sheet, first in self.starts()
        ]
        return pl.concat(parts)

    def said(self, ids: pl.Series, name: str) -> pl.Series:
        """The cell of a column in each of the rows, as filed and with its unit: `-30 t`; null where a correction has
        changed the row."""
        column, ids = self.table.column(name), ids.cast(pl.UInt32)
        corrected = [id for id, rule in self.flags if rule == CORRECTED]
        each, parts = (
            ids.filter(~ids.is_in(corrected)).unique().sort(),
            [pl.DataFrame(schema={"_id": pl.UInt32(), "said": pl.String()})],
        )
        for sheet, first in self.starts():
            of_sheet = each.filter(each.is_between(first, first + sheet.rows.height, closed="left"))
            told = columns_of(self.table, sheet.columns).get(column.name, ("", None))[1]
            text, units = pl.col(column.name).str.strip_chars(), [pl.lit(one, pl.String) for one in (told, column.unit)]
            unit = pl.coalesce([pl.col("unit").str.strip_chars()] * bool(column.by) + units)
            shown = pl.when(text.str.ends_with("%")).then(text).otherwise(pl.concat_str(text, pl.lit(" "), unit))
            filed = _filed(self.table, sheet, of_sheet - first)
            parts.append(filed.select(of_sheet.alias("_id"), said=pl.coalesce(shown, text)))
        return ids.to_frame("_id").join(pl.concat(parts), on="_id", how="left", maintain_order="left")["said"]


def key_in_words(table: Table, layout: Layout) -> pl.Expr:
    """A row's key as a reader would say it: `2024 年 CT 广西 办公用房 电力 自用`."""
    words = []
    for name in table.key:
        column, value = table.column(name), pl.col(name)
        if column.kind == "province" and name == "province_code":
            value = value.replace({one.code: one.short_zh for one in all_regions(layout)})
        elif column.kind == "year":
            value = pl.when(value > 0).then(pl.format("{} 年", name))
        elif column.kind == "month":
            value = pl.when(value > 0).then(pl.format("{} 月", name))
        elif column.members:
            value = value.cast(pl.String).replace({code: spelt[0] for code, spelt in column.members.items()})
        words.append(value.cast(pl.String).replace("", None))
    return pl.concat_str(words, separator=" ", ignore_nulls=True)


def in_words(table: Table, name: str, layout: Layout, suffix: str = "") -> pl.Expr:
    """A canonical value, in column `name` + `suffix`, as a reader would say it: `12500 kWh`, `办公用房`, `广东`, `是`."""
    column, value = table.column(name), pl.col(f"{name}{suffix}")
    if table.dtypes[name] == pl.Boolean:
        return pl.when(value).then(pl.lit("是")).when(~value).then(pl.lit("否"))
    if table.dtypes[name].is_numeric():
        unit = pl.col(f"unit{suffix}") if column.by else pl.lit(column.unit)
        return pl.concat_str(number(value), (pl.lit(" ") + unit).fill_null(""))
    if column.kind == "province" and name == column.name:
        return value.replace({one.code: one.short_zh for one in all_regions(layout)})
    return value.cast(pl.String).replace({code: spelt[0] for code, spelt in column.members.items()})


def _filed(table: Table, sheet: Sheet, places: pl.Series) -> pl.DataFrame:
    named = {name: header for name, (header, _) in columns_of(table, sheet.columns).items()}
    others = [name for name in sheet.rows.columns if name not in (*named.values(), "source_row", "_ragged")]
    cells = [pl.struct(header=pl.lit("" if name == "_extra" else name), text=name) for name in others]
    has_text = pl.element().struct.field("text").is_not_null()
    unread = pl.concat_list(cells).list.filter(has_text) if cells else pl.lit([], UNREAD)
    return sheet.rows[places].select(
        source_file=pl.lit(sheet.file),
        source_sheet=pl.lit(sheet.sheet),
        source_row="source_row",
        **{
            column.name: pl.col(named[column.name]) if column.name in named else pl.lit(None, pl.String)
            for column in table.columns
        },
        unread=unread,
    )
