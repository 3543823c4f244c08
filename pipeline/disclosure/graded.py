"""What may everybody know of the grades of enterprises? How many have each, where they are many, and who, where that is allowed.

A grade rests on an enterprise's own numbers. Points and values of criteria are never told; a number of enterprises only where
enough are evaluated (count_threshold) and enough groups stand behind every grade that somebody has (min_groups); a name only
where the policy (`grades`) and the scheme (`publication`) both say so.
"""

from __future__ import annotations

import polars as pl

from pipeline.disclosure.policy import Policy
from pipeline.evaluation.scheme import Scheme

GRADED: dict[str, pl.DataType] = {"grade": pl.String(), "n": pl.Int64(), "names": pl.List(pl.String())}
"""grade: in the scheme's order, null for those without one. n: null where it is not told."""


def graded(enterprises: pl.DataFrame, scheme: Scheme | None, policy: Policy) -> pl.DataFrame:
    """GRADED of the evaluation (`evaluate.ENTERPRISES`); empty where nothing is told."""
    if scheme is None or enterprises.is_empty():
        return pl.DataFrame(schema=GRADED)
    groups = enterprises.group_by("grade").agg(pl.col("group_id").n_unique())["group_id"]
    counted = enterprises["group_id"].n_unique() >= policy.count_threshold and (groups >= policy.min_groups).all()
    named = scheme.publication.grades if policy.grades else ()
    lines = []
    for grade in [*(one.id for one in scheme.grades), None]:
        of = enterprises.filter(pl.col("grade").eq_missing(pl.lit(grade, pl.String)))
        names = sorted(of["name"]) if grade in named else []
        if counted or names:
            lines.append({"grade": grade, "n": of.height if counted else None, "names": names})
    return pl.DataFrame(lines, schema=GRADED)
