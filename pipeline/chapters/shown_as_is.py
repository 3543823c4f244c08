"""What an analyst shows as it is, a chart of Altair or a frame: a figure or table whose title, alternative text and data are
taken from its axes, fields and rows."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import altair as alt
import polars as pl
import polars.selectors as cs

from pipeline import wording
from pipeline.charts import composed, labels, theme
from pipeline.findings import Names, Sentences
from pipeline.language.terms import Term, term
from pipeline.language.words import Words
from pipeline.reports.blocks import Figure, Said, Table
from pipeline.reports.markup import COLUMNS

ROWS = 50
"""Of so many rows a report has the data; all of them are in the data file."""
NAMED = 4  # columns or members that are named one by one
KINDS = {
    "bar": "column_chart", "line": "line_chart", "point": "scatter_plot", "circle": "scatter_plot",
    "square": "scatter_plot", "area": "area_chart", "arc": "pie_chart", "rect": "heat_map",
}  # fmt: skip
"""What a mark is called; any other is a chart."""
CHANNELS = ("y", "x", "theta", "radius", "color", "fill", "size", "shape", "strokeDash", "row", "column", "facet")
AGGREGATES = {
    "sum": "total_of", "mean": "mean_of", "average": "mean_of", "median": "median_of", "min": "least_of", "max": "most_of"
}  # fmt: skip
LEGENDS = ("color", "fill", "stroke", "shape", "strokeDash", "opacity")
ABOVE, AXIS_GAP = 30, 8  # px between a legend and the name of the axis below it; between the names below an axis
PARTS = ("layer", "hconcat", "vconcat", "concat")
_MIDNIGHT = re.compile(r"(\d{4}-\d\d-\d\d)T00:00:00(?:\.0+)?")
_YEAR = re.compile(r"年|year", re.I)

Spec = dict[str, Any]


class NotTaken(Exception):
    """Why something cannot go into a report, and what to do, in one Chinese sentence."""


def figure(chart: alt.TopLevelMixin, id: str) -> Figure:
    """`chart` with its title, or one of its axes and fields. Raises NotTaken."""
    spec = _specification(chart)
    data = _of_chart(spec)
    title, views = _own_title(spec), list(_views(spec, {}))
    said = title or _title([encoding for _, encoding in views]) or Names(tuple(data.columns[:NAMED]))
    return Figure(
        id=id,
        title=said,
        chart=lambda words: alt.Chart.from_dict(_told(spec, words)),
        data=data,
        alt=_described(views, said, data),
        source="",
        decimals=_decimals(data),
    )


def table(frame: Any, id: str) -> Table:
    """A frame of polars or pandas, called by its columns. Raises NotTaken."""
    data = _tidy(_polars(frame))
    names = Names(tuple(data.columns[:NAMED]))
    title = names if data.width <= NAMED else term("columns_and_others", names=names, n=data.width)
    return Table(id=id, title=title, data=data, decimals=_decimals(data))


def first_rows(data: pl.DataFrame, id: str) -> dict[str, Any]:
    """What a figure or table says of a long frame: its first rows, and where the others are."""
    if data.height <= ROWS:
        return {}
    method = term("first_rows", shown=ROWS, n=wording.number(data.height), file=f"{id}.csv")
    return {"data": data.head(ROWS), "method": method}


def _specification(chart: alt.TopLevelMixin) -> Spec:
    try:
        spec: Spec = json.loads(json.dumps(chart.to_dict(), default=str))
    except alt.MaxRowsError:
        raise NotTaken("图的数据超过 5000 行，请先用 polars 汇总到图上要画的行数") from None
    except Exception as error:
        first = str(error).strip().partition("\n")[0]
        raise NotTaken(f"Altair 画不出这幅图（{first}），请照所说的改正") from error
    return spec


def _of_chart(spec: Spec) -> pl.DataFrame:
    """The data of a chart: the columns that it uses, of all its parts."""
    if any("url" in one for one in _under(spec, "data")):
        raise NotTaken("图的数据在文件或网址里，不随报告保存；请先用 polars 读入，再交给 alt.Chart")
    frames = [_frame(rows) for rows in sorted(spec.get("datasets", {}).values(), key=len, reverse=True) if any(rows)]
    if not frames:
        raise NotTaken("图没有数据，请把数据交给 alt.Chart")
    try:
        data = pl.concat(frames, how="diagonal_relaxed")
    except pl.exceptions.PolarsError:  # columns of one name that cannot be one
        data = frames[0]
    rest = json.dumps(
        {name: one for name, one in spec.items() if name not in ("datasets", "config")}, ensure_ascii=False
    )
    used = [name for name in data.columns if json.dumps(name, ensure_ascii=False) in rest or _in_formula(name, rest)]
    return _tidy(data.select(used or data.columns))


def _frame(rows: Any) -> pl.DataFrame:
    try:
        return pl.DataFrame(rows, infer_schema_length=None, strict=False)
    except Exception as error:
        raise NotTaken("图的数据不是一行一行的表，请用 polars 的表交给 alt.Chart") from error


def _in_formula(name: str, rest: str) -> bool:
    return re.search(rf"datum(?:\.{re.escape(name)}\b|\[\W{{1,3}}{re.escape(name)}\W)", rest) is not None


def _polars(frame: Any) -> pl.DataFrame:
    if isinstance(frame, pl.LazyFrame):
        raise NotTaken("还没有计算的表（LazyFrame）放不进报告，请先 .collect()")
    if isinstance(frame, pl.DataFrame):
        return frame
    if isinstance(frame, pl.Series):
        return frame.to_frame()
    try:  # of pandas, whose index is a column unless it only counts the rows
        whole = frame.to_frame() if hasattr(frame, "to_frame") else frame
        whole = whole if type(whole.index).__name__ == "RangeIndex" else whole.reset_index()
        whole.columns = [" ".join(map(str, one)) if isinstance(one, tuple) else str(one) for one in whole.columns]
        return pl.from_pandas(whole)
    except Exception as error:
        raise NotTaken("这个 pandas 的表转不成 polars 的表，请先用 polars 整理") from error


def _tidy(data: pl.DataFrame) -> pl.DataFrame:
    """`data` as a table prints it: days without an hour, years without a separator. Raises NotTaken for what no table holds."""
    nested = data.select(cs.nested() | cs.by_dtype(pl.Binary, pl.Object)).columns
    if nested:
        raise NotTaken(f"“{nested[0]}”一列的每格里是列表或结构，表里放不下，请先拆开（explode、unnest）或去掉")
    if spans := data.select(cs.duration()).columns:
        raise NotTaken(f"“{spans[0]}”一列是时长，请先换成小时、天等的数（如 dt.total_hours()）")
    if not data.height or not data.width:
        raise NotTaken("表是空的，没有可写进报告的")
    if data.width > COLUMNS:
        raise NotTaken(f"表有 {data.width} 列，报告里最多 {COLUMNS} 列，请用 select 选出要给读者看的")
    for name, dtype in data.schema.items():
        column = data[name]
        if dtype.is_integer() and _YEAR.search(name) and column.is_between(1900, 2100).all():
            data = data.with_columns(column.cast(pl.String))
        elif dtype == pl.String and all(_MIDNIGHT.fullmatch(one) for one in column.drop_nulls()):
            data = data.with_columns(column.str.head(10))
        elif isinstance(dtype, pl.Datetime):
            whole = all(one.time() == dt.time() for one in column.drop_nulls())
            data = data.with_columns(column.dt.strftime("%Y-%m-%d" if whole else "%Y-%m-%d %H:%M"))
    return data


def _decimals(data: pl.DataFrame) -> dict[str, int]:
    """How each column of fractions is printed: with about four digits that tell values apart."""
    found = {}
    for name in data.select(cs.float()).columns:
        finite = data[name].filter(data[name].is_finite())
        largest = float(finite.abs().max() or 0.0)  # type: ignore[arg-type]
        most = next((places for least, places in ((1000, 1), (10, 2), (1, 3)) if largest >= least), 4)
        found[name] = next((n for n in range(most) if (finite - finite.round(n)).abs().max() == 0), most)
    return found


def _under(node: Any, wanted: str) -> Iterator[Mapping[str, Any]]:
    """Every mapping that stands under a key, but for the data."""
    if isinstance(node, list):
        for one in node:
            yield from _under(one, wanted)
    elif isinstance(node, dict):
        for name, one in node.items():
            if name == wanted and isinstance(one, dict):
                yield one
            if name not in ("datasets", "config"):
                yield from _under(one, wanted)


def _views(spec: Spec, above: Spec, repeated: Any = None) -> Iterator[tuple[str, Spec]]:
    """Mark and encoding of every picture within a chart; of pictures one upon the other the first."""
    own = above | spec.get("encoding", {})
    facet = spec.get("facet", {})
    own |= {"facet": facet} if "field" in facet else facet
    repeated = spec.get("repeat", repeated)
    if "mark" in spec:
        mark = spec["mark"]
        yield mark["type"] if isinstance(mark, dict) else mark, _filled(own, repeated)
    elif "spec" in spec:
        yield from _views(spec["spec"], own, repeated)
    for name in PARTS:
        views = [view for part in spec.get(name, []) for view in _views(part, own, repeated)]
        yield from views[:1] if name == "layer" else views


def _filled(encoding: Spec, repeated: Any) -> Spec:
    """An encoding in which a field that a chart repeats is all of them."""
    told = {}
    for channel, one in encoding.items():
        field = one.get("field") if isinstance(one, dict) else None
        if isinstance(field, dict):
            fields = repeated if isinstance(repeated, list) else (repeated or {}).get(field.get("repeat"), [])
            told[channel] = one | {"field": fields}
        else:
            told[channel] = one
    return told


def _own_title(spec: Spec) -> str:
    title = spec.get("title", "")
    return _joined(title.get("text", "") if isinstance(title, dict) else title)


def _joined(text: Any) -> str:
    return "".join(text) if isinstance(text, list) else str(text or "")


def _title(encodings: Sequence[Spec]) -> Said:
    """`各年份、类型的用电量`, after the first picture; empty where that has no axis and no legend."""
    said: Said = ""
    for encoding in encodings[:1]:
        measured, by = list[Said](), list[Said]()
        for one in _channels(encoding):
            (measured if _is_measured(one) else by).append(_called(one))
        amounts, members = (Names(tuple(_once(names))) if names else "" for names in (measured, by))
        said = term("of_each", what=amounts, by=members) if amounts and members else amounts or members
    return term("drawings_and_others", title=said, n=len(encodings)) if said and len(encodings) > 1 else said


def _once(names: Sequence[Said]) -> list[Said]:
    return [name for place, name in enumerate(names) if name not in names[:place]]


def _channels(encoding: Spec) -> Iterator[Spec]:
    found = (encoding.get(name) for name in CHANNELS)
    yield from (one for one in found if isinstance(one, dict) and (one.get("field") or one.get("aggregate")))


def _is_measured(channel: Spec) -> bool:
    return channel.get("type") == "quantitative" and not channel.get("bin")


def _called(channel: Spec) -> Said:
    """What a channel shows: its title or that of its axis, or its field with how that is summed up."""
    own = channel.get("title") or (channel.get("axis") or {}).get("title")
    if own:
        return _joined(own)
    field, how = channel.get("field"), channel.get("aggregate")
    if how == "count" or not field:
        return term("rows_counted")
    said: Said = Names(tuple(field)) if isinstance(field, list) else field
    return term(AGGREGATES[how], what=said) if isinstance(how, str) and how in AGGREGATES else said


def _described(views: Sequence[tuple[str, Spec]], title: Said, data: pl.DataFrame) -> Sentences:
    """What it is, how many rows, and the range of each column."""
    mark, encoding = views[0] if views else ("", {})
    lying = mark == "bar" and _is_measured(encoding.get("x", {})) and not _is_measured(encoding.get("y", {}))
    kind = term("bar_chart" if lying else KINDS.get(mark, "drawing"))
    told = [term("drawn", kind=kind, title=title), term("drawn_rows", n=wording.number(data.height))]
    decimals = _decimals(data)
    return Sentences((*told, *(_range(data[name], decimals.get(name)) for name in data.columns[: 2 * NAMED])))


def _range(column: pl.Series, decimals: int | None) -> Term:
    values, name = column.drop_nulls(), column.name
    if values.dtype.is_numeric():
        values = values.filter(values.is_finite()) if values.dtype.is_float() else values
        if values.is_empty():
            return term("drawn_many", what=name, n=0)
        low, high = (wording.number(one, decimals) for one in (values.min(), values.max()))  # type: ignore[arg-type]
        return term("drawn_range", what=name, low=low, high=high)
    members = values.cast(pl.String).unique(maintain_order=True)
    if members.len() > 1 and (_YEAR.search(name) or all(re.match(r"\d{4}\b", one) for one in members)):
        return term("drawn_range", what=name, low=members.min(), high=members.max())
    if members.len() <= NAMED:
        return term("drawn_members", what=name, names=Names(tuple(members)))
    return term("drawn_many", what=name, n=members.len())


def _told(spec: Spec, words: Words) -> Spec:
    """The chart without the title that stands above it, its axes of sums and times called in the reader's language, with room
    for the legend and level names below it."""
    told: Spec = json.loads(json.dumps({name: one for name, one in spec.items() if name != "title"}))
    alone = not composed.is_composed(told)
    for encoding in _under(told, "encoding"):
        for name, channel in encoding.items():
            if not isinstance(channel, dict):
                continue
            derived = any(channel.get(one) for one in ("aggregate", "timeUnit", "bin"))
            if derived and "title" not in channel and not isinstance(channel.get("field"), dict):
                channel["title"] = words.say(_called(channel))
            with_legend = name in LEGENDS and _shows(channel) and channel.get("legend", {}) is not None
            if alone and "y" in encoding and with_legend:
                channel["legend"] = {"offset": ABOVE} | channel.get("legend", {})
            if alone and name == "x" and channel.get("type") in ("nominal", "ordinal") and _are_short(channel, told):
                channel["axis"] = {"labelAngle": 0} | (channel.get("axis") or {})
    return told


def _shows(channel: Spec) -> bool:
    """Whether a channel shows something of the data; `alt.value` and what hangs on a condition alone have no legend."""
    return any(name in channel for name in ("field", "aggregate", "datum"))


def _are_short(channel: Spec, spec: Spec) -> bool:
    """Whether the names below an axis have room side by side; of fields that a chart repeats that is not known."""
    field, rows = channel.get("field"), [row for data in spec.get("datasets", {}).values() for row in data]
    if isinstance(field, dict) or channel.get("axis", {}) is None:
        return False
    names = {str(row[field]) for row in rows if field in row}
    return sum(labels.width(name) + AXIS_GAP for name in names) < theme.WIDTH / 2
