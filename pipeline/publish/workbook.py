"""The tables of an edition as workbooks that everybody can read: a cover, contents and notes, one table a sheet, by the rules
of the Analysis Function for releasing statistics in spreadsheets (which the package gptables follows)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from pipeline.indicators.flags import FLAGS, SUPPRESSED
from pipeline.language.words import CHINESE
from pipeline.publish import datapackage
from pipeline.publish.datapackage import Fields
from pipeline.publish.frame import printed_date
from pipeline.publish.tables import Published
from pipeline.publish.taken import Edition
from pipeline.publish.xlsx import NONE, WITHHELD, Sheet, workbook

NAME = "workbook.xlsx"
COVER, CONTENTS, NOTES = (CHINESE(f"sheet_{name}") for name in ("cover", "contents", "notes"))
LONGEST = 31  # characters of a sheet's name


def whole(edition: Edition, listed: Sequence[Published], fields: Mapping[str, Fields]) -> bytes:
    """All tables, with what stands before them. fields: of each table, see `datapackage.fields`."""
    say = CHINESE
    title = datapackage.title(edition)
    cover = [title, edition.publisher, printed_date(edition.date, say), say.say(edition.kind), edition.name]
    cover += [
        *([say("report_sample")] if edition.sample else []),
        say("site_rights"),
        say("sheet_see_notes", sheet=NOTES),
    ]
    names = [_name(table) for table in listed]
    contents = pl.DataFrame(
        {
            say("sheet"): names,
            say("number"): [table.number or None for table in listed],
            say("site_heading"): [table.title for table in listed],
            say("row_count"): [table.frame.height for table in listed],
        },
        schema_overrides={say("number"): pl.String},
    )
    lines = [CONTENTS, say("sheet_contents_said", n=len(listed))]
    links = {len(lines) + 1 + at: name for at, name in enumerate(names, 1)}
    sheets = [
        Sheet(COVER, cover, links={len(cover): NOTES}),
        Sheet(CONTENTS, lines, contents, links),
        Sheet(NOTES, [NOTES, *_marks(), *datapackage.readme(edition, say).splitlines()], _columns(listed, fields)),
        *(_sheet(table) for table in listed),
    ]
    return workbook(title, edition.publisher, edition.date, sheets)


def single(edition: Edition, table: Published, fields: Mapping[str, Fields]) -> bytes:
    """One table and its notes."""
    notes = Sheet(NOTES, [NOTES, datapackage.title(edition), *_marks()], _columns([table], fields))
    return workbook(table.title, edition.publisher, edition.date, [_sheet(table, NOTES), notes])


def _sheet(table: Published, back: str = CONTENTS) -> Sheet:
    say = CHINESE
    lines = [
        f"{table.number} {table.title}".strip(),
        say("sheet_one_table", withheld=WITHHELD, none=NONE, sheet=NOTES),
        table.description,
        say("source_is", text=table.source) if table.source else say("sheet_source_in_rows"),
        say("sheet_back", sheet=back),
    ]
    return Sheet(_name(table), lines, table.frame, {len(lines): back})


def _name(table: Published) -> str:
    return table.id[:LONGEST]


def _marks() -> list[str]:
    said = {WITHHELD: FLAGS[SUPPRESSED], NONE: CHINESE("site_no_value")}
    return [CHINESE("sheet_mark", mark=mark, text=text) for mark, text in said.items()]


def _columns(listed: Sequence[Published], fields: Mapping[str, Fields]) -> pl.DataFrame:
    """Of every column what it is called, its unit, what it means and where it is from."""
    say = CHINESE
    heads = [say(name) for name in ("sheet", "sheet_column", "unit", "definition", "source")]
    rows = [
        [_name(table), *(one.get(key) or None for key in ("name", "unit", "description", "source"))]
        for table in listed
        for one in fields[table.id]
    ]
    return pl.DataFrame(rows, schema=dict.fromkeys(heads, pl.String), orient="row")
