"""The page of a province, `<edition>/<code>/index.html`: what its report says at a glance, its place among the provinces and
what has changed since last year, its files, and all its indicators. Printed, it is one sheet of A4."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable

from pipeline import findings, wording
from pipeline.findings import Measure
from pipeline.given.regions import NATION_CODE
from pipeline.indicators.model import Indicator
from pipeline.language.words import Words
from pipeline.publish import frame, home
from pipeline.publish.series import Series, cell, explorer, heads, note, path, table
from pipeline.publish.taken import Edition, Report
from pipeline.reports import markup
from pipeline.reports.markup import text_html

TABLES = ("t-provinces-profile", "t-provinces-public", "t-provinces-gaps")
"""The report's tables that stand on the page, those of them that it has."""
ID = "region"
"""Of the table of all indicators."""
_code = re.compile(r"\d{6}")


def page(
    series: Series | None, edition: Edition, report: Report, there: Container[str], theme: frame.Theme, words: Words
) -> str:
    """The page in a language; report: of the region, in Chinese; series: where the edition has values; there: the paths of the
    site."""
    one, region = report.told(words), report.region
    title, place = words.say(region.name_zh), f"{edition.name}/{region.code}"
    blocks = [block for block in map(one.block, TABLES) if block is not None]
    told = "".join(
        markup.to_html(dict(block.payload), block.number.split(" ", 1)[-1], words=one.words) for block in blocks
    )
    body = [frame.moved(home.highlights(edition, report, words), edition.name, place)]
    if told:
        body.append(f'<section id="places"><h2>{one.words("region_places")}</h2>{told}</section>')
    if one.words != words:
        body = [f'<div lang="{one.words.tag}">{part}</div>' for part in body]
    if series is not None:
        body.append(_indicators(series, report, edition.year, words))
    body = [_in_words(part, one.words) for part in body]
    index = frame.file(frame.INDEX, words)
    data = f"../../{frame.address(home.DOWNLOADS, edition.name, index)}"
    ways = [(words("site_front"), f"../{index}"), (words("site_data"), data)]
    ways += [(words("site_method"), f"../{frame.file(frame.METHOD, words)}")]
    ways += explorer(edition, there, "../", "", region.code, words)
    made = frame.page(
        f"{title}{words('in_brackets', text=words('in_year', year=edition.year))}",
        frame.head(edition, f"{title}{words.gap}{words('part_profile')}", frame.INDEX, words, ways),
        "\n".join(body), "../../", theme, words,
    )  # fmt: skip
    return made.replace('<main id="content" class="site">', '<main id="content" class="site region">', 1)


def _in_words(html: str, words: Words) -> str:
    """What is not published is said in words; the cell keeps the mark that the data have."""
    hidden, said = text_html(words.hidden), words("withheld_in_words")
    html = html.replace(f"<td>{hidden}</td>", f'<td data-v="{hidden}">{said}</td>')
    return re.sub(rf'(?<!data-v="){re.escape(hidden)}', said, html)


def _indicators(series: Series, report: Report, year: int, words: Words) -> str:
    """Every indicator: its value now and a year ago, the change, the place among the provinces, and its series."""
    code = report.region.code
    rows = "".join(
        _row(series, one, code, year, words) for id, one in series.indicators.items() if (id, code) in series.values
    )
    columns = [(str(when), "right") for when in (year, year - 1)]
    columns += [(words("region_change"), "right"), (words("place_best_first"), "right"), (words("site_download"), "")]
    title = words("site_all_indicators")
    shown = table(ID, title, heads((words("indicator"), ""), *columns), rows)
    return f'<section id="indicators"><h2>{title}</h2><p>{words("region_said")}</p>{note(words, "../../")}{shown}</section>'


def _row(series: Series, one: Indicator, code: str, year: int, words: Words) -> str:
    now, then = series.of(one.id, code, year), series.of(one.id, code, year - 1)
    where = f"../{path(one.id, frame.file(frame.INDEX, words))}#{code}"
    name = frame.said(words.say(one.title), words)
    hidden = f'<span class="hidden">{words("in_brackets", text=text_html(words.say(one.title)))}</span>'
    got = f'<a href="../{path(one.id, f"{code}.csv")}" download="{one.id}-{code}.csv">CSV{hidden}</a>'
    return (
        f'<tr><th scope="row" data-v="{one.id}"><a href="{where}">{name}</a></th>{cell(one, now, words)}{cell(one, then, words)}'
        f'<td class="right">{changed(one.measure, now, then, words)}</td>'
        f'<td class="right">{placed(series, one, code, year)}</td><td>{got}</td></tr>'
    )


def changed(measure: Measure, now: float | None, then: float | None, words: Words) -> str:
    """Of shares in percentage points, of amounts in percent, of others as they are; level where both print alike, `—` where a
    value is not there."""
    if now is None or then is None or isinstance(now, wording.Withheld) or isinstance(then, wording.Withheld):
        return wording.MISSING
    if measure.say(now) == measure.say(then):
        return words("level")
    if measure.scale == "percent":
        return words("by_points", size=wording.number(100 * (now - then), measure.decimals, sign=True))
    if measure.moves == "amount":
        return wording.change(now / then - 1) if then > 0 else wording.MISSING
    return wording.number(now - then, measure.decimals + 1, sign=True)


def placed(series: Series, one: Indicator, code: str, year: int) -> str:
    """`27/29`: among the provinces with a published value, the best first, or the highest where none is better."""
    values = {region: series.of(one.id, region, year) for region in provinces(series.areas)}
    place = findings.place(one.measure, values, code, descending=one.better != "lower")
    return f"{place.rank.place}/{place.rank.of}" if place.case == "ranked" else wording.MISSING


def provinces(areas: Iterable[str]) -> list[str]:
    return [code for code in areas if _code.fullmatch(code) and code != NATION_CODE]
