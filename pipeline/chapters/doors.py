"""What a notebook displays besides what it hands over: a chart or frame becomes a figure or table of the report."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import altair as alt
import polars as pl
from IPython.display import display

from pipeline.chapters import shown_as_is
from pipeline.reports.blocks import LEFT, Figure, Table

Hand = Callable[[Figure | Table, pl.DataFrame, str], dict[str, Any]]
"""Makes the data of an output: block, all of its rows, how it is named."""

FRAMES = [("pandas.core.frame", "DataFrame"), ("pandas.core.series", "Series")]
PLOTTED = "matplotlib 的图没有数据和替代文本，请改用 Altair 画，或用 chapter.table 列出它的数据"
PUBLIC = (
    "公开版不收没有名称的图表，因为没有人为它的数据负责；数值只取自 chapter.view 等（公开版里只有保密审核通过的）的，"
    "请写 {code}；取自别处的，请写在 if not chapter.is_public: 之下"
)


def open_for(shell: Any, number: str, public: bool, hand: Hand) -> None:
    """Let `shell` hand over the charts and frames that it displays. number: of the chapter, as a file's name begins with it.
    public: whether they are refused."""
    counted = iter(range(1, sys.maxsize))

    def shown(of: Callable[[Any, str], Figure | Table], kind: str, what: str) -> Callable[..., dict[str, Any]]:
        def bundle(thing: Any, **_: Any) -> dict[str, Any]:
            id = f"{kind}-{number}-{next(counted)}"
            code = f'chapter.{what}(…, "{id}", title="…", source="…")'
            if public:
                return {LEFT: {"why": PUBLIC.format(code=code), "refused": True}, "text/plain": ""}
            try:
                block = of(thing, id)
                return hand(block, block.data, code)  # type: ignore[arg-type]
            except shown_as_is.NotTaken as reason:
                return {LEFT: {"why": str(reason)}}

        return bundle

    formatter = shell.display_formatter.mimebundle_formatter
    formatter.for_type(alt.TopLevelMixin, shown(shown_as_is.figure, "f", "figure"))
    as_table = shown(shown_as_is.table, "t", "table")
    for kind in (pl.DataFrame, pl.LazyFrame, pl.Series):
        formatter.for_type(kind, as_table)
    for module, name in FRAMES:
        formatter.for_type_by_name(module, name, as_table)
    formatter.for_type_by_name("matplotlib.figure", "Figure", lambda *_, **__: {LEFT: {"why": PLOTTED}})
    shell.events.register("post_run_cell", _left_open)


def _left_open(_: Any) -> None:
    """Tell of figures of matplotlib that were drawn and, without a window, never shown."""
    plt = sys.modules.get("matplotlib.pyplot")
    if plt is not None and plt.get_fignums():
        plt.close("all")
        display({LEFT: {"why": PLOTTED}}, raw=True)
