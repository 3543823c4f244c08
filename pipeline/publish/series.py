"""One figure, one address: `<edition>/data/<indicator>/index.html#<region>` is a row of an indicator's page with its values by
year, `<edition>/data/<indicator>/<region>.csv` the same with all parts."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from pipeline import wording
from pipeline.findings import Quantity
from pipeline.given import reference
from pipeline.given.regions import NATION_CODE
from pipeline.indicators.model import Indicator, load_catalogue
from pipeline.language.words import CHINESE, Words
from pipeline.layout import Layout
from pipeline.publish import cite, frame, tables
from pipeline.publish.codes import Code, codes
from pipeline.publish.home import DOWNLOADS
from pipeline.publish.taken import Edition
from pipeline.reports.markup import text_html

FOLDER = "data"
NAMES = ("指标", "地区")
"""What a series has before the columns of the table of all values."""
Place = tuple[str, str]
"""An indicator and a region."""


@dataclass(frozen=True)
class Series:
    """The values of an edition. indicators, areas: in the order of the catalogue and of GB/T 2260; table: `whole.VALUES`."""

    indicators: Mapping[str, Indicator]
    areas: Mapping[str, Code]
    table: pl.DataFrame

    @cached_property
    def values(self) -> Mapping[Place, Mapping[int, float | None]]:
        """Of the whole, by year; WITHHELD what is not published. Indicators that have parts only have no value."""
        found: dict[Place, dict[int, float | None]] = {}
        columns = ("indicator_id", "region_code", "year", "value", "dimension")
        for id, region, year, value, dimension in self.table.select(columns).iter_rows():
            of = found.setdefault((id, region), {})
            if dimension is None:
                of[year] = wording.WITHHELD if value is not None and math.isnan(value) else value
        return found

    @cached_property
    def years(self) -> list[int]:
        return sorted(self.table["year"].unique())

    def of(self, id: str, region: str, year: int) -> float | None:
        return self.values.get((id, region), {}).get(year)

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Path below the edition and content of each series: the rows of the table of all values, with names in front."""
        head, *lines = tables.as_csv(self.table).decode("utf-8-sig").removesuffix("\r\n").split("\r\n")
        rows: dict[Place, list[str]] = {}
        for place, line in zip(self.table.select("indicator_id", "region_code").iter_rows(), lines, strict=True):
            rows.setdefault(place, []).append(line)
        for (id, region), mine in rows.items():
            names = _line(self.indicators[id].title, self.areas[region].zh)
            text = "".join(f"{line}\r\n" for line in (f"{_line(*NAMES)},{head}", *(f"{names},{one}" for one in mine)))
            yield path(id, f"{region}.csv"), f"\ufeff{text}".encode()


def _line(*cells: str) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="").writerow(cells)
    return written.getvalue()


def path(id: str, file: str) -> str:
    """Of a file of an indicator, below the edition."""
    return f"{FOLDER}/{id}/{file}"


def of_edition(layout: Layout, edition: Edition, table: pl.DataFrame) -> Series:
    catalogue = load_catalogue(layout, plan_id=reference.plan_of(layout, edition.year).id).public
    known = codes(layout, catalogue, table)
    return Series({id: catalogue[id] for id in known.indicators}, known.areas, table)


def printed(indicator: Indicator, value: float | None, words: Words) -> str:
    if isinstance(value, wording.Withheld):
        return words("withheld_in_words")
    return words.say(Quantity(indicator.measure, value))


def cell(indicator: Indicator, value: float | None, words: Words) -> str:
    """A cell of a table with the value as printed, and as it is in the data."""
    exact = wording.HIDDEN if isinstance(value, wording.Withheld) else "" if value is None else repr(value)
    return f'<td class="right" data-v="{exact}">{text_html(printed(indicator, value, words))}</td>'


def table(id: str, label: str, heads: str, rows: str) -> str:
    """A table that can be verified: its id is that of a figure, as in reports."""
    return (
        f'<figure id="{id}" class="table"><div class="scroll" tabindex="0" role="region" aria-label="{text_html(label)}">'
        f'<table class="data"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div></figure>'
    )


def heads(*titles: tuple[str, str]) -> str:
    """Of columns: the name, and the side on which it stands."""
    return "".join(f'<th scope="col"{f" class={side}" if side else ""}>{name}</th>' for name, side in titles)


def named(words: Words, code: Code) -> str:
    return code.zh if words == CHINESE else code.en


def note(words: Words, root: str) -> str:
    """What a mark for a value that is not published means, and where the other editions are."""
    editions = f"{root}{frame.file(frame.INDEX, words)}#editions"
    return f'<p class="note">{words("series_note")} <a href="{editions}">{words("site_all_editions")}</a></p>'


def page(
    series: Series, id: str, edition: Edition, sums: Mapping[str, str], theme: frame.Theme, base_url: str, words: Words
) -> str:
    """`data/<indicator>/index.html`. sums: SHA-256 by path, with those of the series."""
    one, root = series.indicators[id], "../../../"
    title = words.say(one.title)
    rows = "".join(
        _row(series, one, code, sums[f"{edition.name}/{path(id, f'{region}.csv')}"], words)
        for region, code in series.areas.items()
        if (id, region) in series.values
    )
    years = [(str(year), "right") for year in reversed(series.years)]
    told = [(words("unit"), words.say(one.unit) if one.unit != "1" else words("series_ratio"))]
    told += [(words("definition"), words.say(one.definition.text)), (words("series_source"), words.say(one.source))]
    listed = "".join(f"<dt>{name}</dt><dd>{frame.said(text, words)}</dd>" for name, text in told if text)
    data = f"{DOWNLOADS}/{edition.name}"
    whole = f"{root}{frame.address(*data.split('/'), 'jsonstat', f'{id}.json')}"
    body = (
        f'<section id="values"><h2>{frame.said(words("series_of", title=title), words)}</h2>{note(words, root)}'
        f"{table('series', title, heads((words('region'), ''), (words('site_download'), ''), *years), rows)}"
        f'{_cited(edition, one, title, data, sums, base_url, words)}<p><a href="{whole}" download>{words("series_json")}</a></p></section>'
        f'<section id="about"><h2>{words("cite_about")}</h2><dl>{listed}</dl></section>'
    )
    index = frame.file(frame.INDEX, words)
    ways = [(words("site_front"), f"../../{index}"), (words("site_all_indicators"), f"../{index}")]
    ways += [(words("site_method"), f"../../{frame.file(frame.METHOD, words)}")]
    ways += explorer(edition, sums, "../../", id, "all", words)
    return frame.page(
        f"{title}{words('in_brackets', text=words('in_year', year=edition.year))}",
        frame.head(edition, title, frame.INDEX, words, ways), body, root, theme, words,
    )  # fmt: skip


def _row(series: Series, one: Indicator, code: Code, digest: str, words: Words) -> str:
    name = text_html(named(words, code))
    hidden = f'<span class="hidden">{words("in_brackets", text=name)}</span>'
    cells = "".join(cell(one, series.of(one.id, code.id, year), words) for year in reversed(series.years))
    links = (
        f'<a href="{code.id}.csv" download="{one.id}-{code.id}.csv" data-sum="{digest}">CSV{hidden}</a> '
        f'<a class="quote" href="#{code.id}">{words("cite")}{hidden}</a>'
    )
    return f'<tr id="{code.id}"><th scope="row" data-v="{code.id}">{name}</th><td>{links}</td>{cells}</tr>'


def _cited(
    edition: Edition, one: Indicator, title: str, data: str, sums: Mapping[str, str], base_url: str, words: Words
) -> str:
    """How the indicator is cited; the page's script makes it the citation of the series of a region."""
    file = "indicator-values.csv"
    address = f"{base_url}{edition.name}/{path(one.id, frame.file(frame.INDEX, words))}"
    known = cite.Known(one.id, title, address, file, sums[f"{data}/{file}"])
    key = f"{edition.year}-{one.id}"
    inside = cite.entries(edition, known, key, words)
    of = {"title": title, "file": file, "sum": known.digest, "key": key}
    told = "".join(f' data-{name}="{text_html(text)}"' for name, text in of.items())
    return f'<details class="cite" id="cite"{told}><summary>{words("cite")}</summary>{inside}</details>'


def explorer(
    edition: Edition, there: Container[str], way: str, id: str, region: str, words: Words
) -> list[tuple[str, str]]:
    """The link to the page on which readers choose for themselves, opened with an indicator and a region (both may be empty),
    where the site has it. way: from the page to the edition."""
    page = frame.file("explore", words)
    if f"{edition.name}/{page}" not in there:
        return []
    chosen = "&amp;".join(
        f"{name}={frame.address(value)}" for name, value in (("i", id), ("r", region), ("v", "line")) if value
    )
    return [(words("explore"), f"{way}{page}#{chosen}")]


def index(series: Series, edition: Edition, theme: frame.Theme, words: Words) -> str:
    """`data/index.html`: all indicators, with the value of the nation, or of the first region that there is."""
    first = series.areas.get(NATION_CODE) or next(iter(series.areas.values()))
    last = series.years[-1]
    rows = "".join(
        f'<tr><th scope="row" data-v="{id}"><a href="{frame.address(id, frame.file(frame.INDEX, words))}#{first.id}">'
        f"{frame.said(words.say(one.title), words)}</a></th>{cell(one, series.of(id, first.id, last), words)}</tr>"
        for id, one in series.indicators.items()
    )
    title, root = words("site_all_indicators"), "../../"
    caption = words("series_index", region=named(words, first), year=last)
    name = (words("indicator"), "")
    body = (
        f'<section id="values"><h2>{frame.said(caption, words)}</h2>{note(words, root)}'
        f"{table('series', title, heads(name, (str(last), 'right')), rows)}</section>"
    )
    here = frame.file(frame.INDEX, words)
    ways = [(words("site_front"), f"../{here}"), (words("site_data"), f"{root}{frame.address(DOWNLOADS, edition.name, here)}")]  # fmt: skip
    return frame.page(
        f"{title}{words('in_brackets', text=words('in_year', year=edition.year))}",
        frame.head(edition, title, frame.INDEX, words, ways), body, root, theme, words,
    )  # fmt: skip
