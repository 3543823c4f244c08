"""What numbers say, as data: what a series did, where a province stands, who is first and last, who rose and fell.

A finding has decided every case (too few, alike as printed, not published, missing) and holds no sentence: `language`
words it. Two values that print alike are alike, whatever their hidden decimals. Missing values (None, nan, inf) are left
out of every count and named where they matter; nothing is ever filled in.
"""

from pipeline.findings.basis import NAMED, Clauses, NotFiled, Progress, Quoted, Sources, Standing, sources
from pipeline.findings.industry import Names
from pipeline.findings.measures import Measure, Quantity, Values, is_there, there, withheld
from pipeline.findings.provinces import (
    MIN_RANKED,
    Absent,
    Comparison,
    Counted,
    Ends,
    Extremes,
    Largest,
    Movement,
    Place,
    Rank,
    absent,
    comparison,
    counted,
    ends,
    extremes,
    largest,
    movement,
    place,
    ranking,
)
from pipeline.findings.series import CLEAR, Path, Point, Trend, path, trend
from pipeline.findings.shown import GroupsShown, RankingShown, SeriesShown, StepsShown

__all__ = [
    "CLEAR",
    "MIN_RANKED",
    "NAMED",
    "Absent",
    "Clauses",
    "Comparison",
    "Counted",
    "Ends",
    "Extremes",
    "GroupsShown",
    "Largest",
    "Measure",
    "Movement",
    "Names",
    "NotFiled",
    "Path",
    "Place",
    "Point",
    "Progress",
    "Quantity",
    "Quoted",
    "Rank",
    "RankingShown",
    "SeriesShown",
    "Sources",
    "Standing",
    "StepsShown",
    "Trend",
    "Values",
    "absent",
    "comparison",
    "counted",
    "ends",
    "extremes",
    "is_there",
    "largest",
    "movement",
    "path",
    "place",
    "ranking",
    "sources",
    "there",
    "trend",
    "withheld",
]
