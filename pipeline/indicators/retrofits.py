"""What did the retrofit change? The same core rooms in two years, those retrofitted in between and the others."""

from __future__ import annotations

import polars as pl

RETROFITTED, OTHERS = "retrofitted", "others"


def before_and_after(rooms: pl.DataFrame, term: tuple[int, int], base: int, year: int) -> pl.DataFrame:
    """One row a group (RETROFITTED, OTHERS) that has rooms: group, rooms, before, after (PUE, ratio of sums).

    rooms: accepted rows of the table `rooms`. Only core rooms that filed both years with an IT consumption above zero
    are counted, so that both values are of the same rooms. term: first and last year of retrofit that count, as filed
    for `year`. A room retrofitted outside the term is one of the others.
    """
    core = rooms.filter((pl.col("kind") == "core") & ~pl.col("is_control") & (pl.col("it_kwh") > 0)).drop_nulls(
        ["it_kwh", "total_kwh"]
    )
    then = core.filter(pl.col("year") == base).select("room_id", it="it_kwh", total="total_kwh")
    now = core.filter(pl.col("year") == year).with_columns(
        group=pl.when(pl.col("retrofit_year").is_between(*term)).then(pl.lit(RETROFITTED)).otherwise(pl.lit(OTHERS))
    )
    return (
        now.join(then, on="room_id").group_by("group")
        .agg(
            rooms=pl.len().cast(pl.Int64),
            before=pl.col("total").sum() / pl.col("it").sum(),
            after=pl.col("total_kwh").sum() / pl.col("it_kwh").sum(),
        )
        .sort(pl.col("group") != RETROFITTED)
    )  # fmt: skip
