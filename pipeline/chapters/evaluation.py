"""What the chapter on enterprises shows: grades with their intervals, points by dimension, what would lift an enterprise most, its
card, and the scheme itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import polars as pl

from pipeline import wording
from pipeline.chapters.shapes import FILED
from pipeline.charts import theme
from pipeline.evaluation import told
from pipeline.evaluation.evaluate import GIVEN, PENDING, Evaluation
from pipeline.evaluation.robustness import CHOICES, DRAWS
from pipeline.evaluation.scheme import Criterion, Kind, Scheme
from pipeline.indicators.model import Catalogue
from pipeline.language.terms import term
from pipeline.language.words import Words
from pipeline.reports.blocks import Column, Figure, Said, Table

ROW = 26  # px of an enterprise
INTERVAL = 6  # px
SHOWN = 40  # enterprises in a figure, or in a table on paper; so many have cards in the annex


@dataclass(frozen=True)
class Graded:
    """An evaluation with its scheme. base: the plan's baseline year."""

    scheme: Scheme
    found: Evaluation
    catalogue: Catalogue
    base: int

    @property
    def rows(self) -> list[dict[str, Any]]:
        """ENTERPRISES: by set as the scheme has them, the best first."""
        order = {one.id: at for at, one in enumerate(self.scheme.sets)}
        return sorted(
            self.found.enterprises.to_dicts(),
            key=lambda row: (order[row["set"]], row["rank"] or 1 << 30, row["entity_id"]),
        )

    def kind(self, id: str) -> Kind:
        return next(one for one in self.scheme.sets if one.id == id)

    def summary(self) -> dict[str, Any]:
        """What the text says of all: how many have which grade, and which choice matters most."""
        rows = self.rows
        given = [row["grade"] for row in rows if row["why"] == GIVEN]
        means = self.found.enterprises.select(pl.col(CHOICES).mean()).row(0, named=True)
        shares = [(share, choice) for choice, share in means.items() if share is not None]
        return {
            "title": self.scheme.title,
            "notice": self.scheme.notice,
            "official": self.scheme.official,
            "n": len(rows),
            "grades": [{"grade": one.id, "n": given.count(one.id)} for one in self.scheme.grades if one.id in given],
            "pending": sum(row["why"] == PENDING for row in rows),
            "none": sum(row["why"] not in (GIVEN, PENDING) for row in rows),
            "held": self.scheme.held,
            "draws": wording.number(DRAWS),
            "choices": [
                {"name": term(f"choice_{choice}"), "share": share} for share, choice in sorted(shares, reverse=True)
            ],
            "vetoed": [row["name"] for row in rows if row["vetoes"]],
        }

    def standing(self, id: str) -> Table:
        """Every enterprise with its grade, points and rank, and how far they hold."""

        def rows(words: Words) -> pl.DataFrame:
            return pl.DataFrame(
                {
                    "enterprise": row["name"],
                    "set": words.say(self.kind(row["set"]).title),
                    "grade": words.say(told.grade(row, self.scheme)),
                    "points": wording.number(row["points"], 1),
                    "interval": _between(row["low"], row["high"], 1),
                    "rank": f"{row['rank']}/{row['of']}" if _compared(row) else wording.MISSING,
                    "ranks": _between(row["rank_low"], row["rank_high"], 0) if _compared(row) else wording.MISSING,
                    "held": wording.percent(row["held"], 0),
                    "main": words.say(_main(row)),
                }
                for row in self.rows
            )

        heads = {
            "enterprise": "enterprise", "set": "kind_of_enterprise", "grade": "grade", "points": "points", "interval": "points_interval",
            "rank": "rank_in_kind", "ranks": "rank_interval", "held": "grade_held", "main": "choice_most",
        }  # fmt: skip
        return Table(id, "", rows, FILED, widths=[10, 10, 11, 6, 10, 7, 8, 8, 8], columns=_heads(heads), printed=SHOWN)

    def intervals(self, id: str) -> Figure:
        """The points of the first SHOWN enterprises as a dot with their interval, and where grades begin."""
        rows = [row for row in self.rows if row["points"] is not None][:SHOWN]
        frame = pl.DataFrame(
            {"enterprise": row["name"], "points": row["points"], "low": row["low"], "high": row["high"]} for row in rows
        )
        cuts = pl.DataFrame({"grade": one.id, "least": one.least} for one in self.scheme.grades)

        def draw(words: Words) -> alt.TopLevelMixin:
            scale = alt.Scale(domain=[0, 100], nice=False)
            y = alt.Y("enterprise:N", sort=frame["enterprise"].to_list(), title=None)
            x = alt.X("points:Q", scale=scale, title=words("points"))
            limits = alt.Chart(cuts).encode(x=alt.X("least:Q", scale=scale))
            base = alt.Chart(words.frame(frame)).encode(y=y)
            return alt.layer(
                limits.mark_rule(color=theme.MUTED, strokeDash=[3, 3]),
                limits.mark_text(align="left", dx=4, dy=-6, baseline="bottom", color=theme.MUTED).encode(
                    y=alt.value(0), text="grade:N"
                ),
                base.mark_bar(height=INTERVAL, color=theme.SEQUENTIAL[1]).encode(
                    x=alt.X("low:Q", scale=scale), x2="high:Q"
                ),
                base.mark_point(size=80, opacity=1).encode(x=x),
            ).properties(height=ROW * frame.height)

        columns = {"enterprise": "enterprise", "points": "points", "low": "points_low", "high": "points_high"}
        return Figure(
            id,
            "",
            draw,
            frame,
            "",
            FILED,
            decimals=dict.fromkeys(("points", "low", "high"), 1),
            columns=_heads(columns),
        )

    def dimensions(self, id: str) -> Table:
        """The points of every enterprise by dimension."""
        parts = [
            told.by_dimension(self.found.criteria.filter(pl.col("set") == one.id), one) for one in self.scheme.sets
        ]
        points = {(row[0], row[1]): row[2] for row in pl.concat(parts).iter_rows()}

        def rows(words: Words) -> pl.DataFrame:
            return pl.DataFrame(
                {"enterprise": row["name"]}
                | {one.id: _points(points.get((row["entity_id"], one.id))) for one in self.scheme.dimensions}
                for row in self.rows
            )

        heads = {"enterprise": Column(term("enterprise"))} | {
            one.id: Column(one.title) for one in self.scheme.dimensions
        }
        return Table(id, "", rows, FILED, columns=heads, printed=SHOWN)

    def lifts(self, id: str) -> Table:
        """What would lift every enterprise most."""

        def rows(words: Words) -> pl.DataFrame:
            lines = []
            for row in self.rows:
                by_id = {one.id: one for one in self.kind(row["set"]).criteria}
                for at, one in enumerate(told.lifts(self.found.criteria, row["entity_id"])):
                    criterion = by_id[one["criterion"]]
                    lines.append(
                        {
                            "enterprise": "" if at else row["name"],
                            "criterion": words.say(criterion.title),
                            "now": words.say(told.value(criterion, one, self.catalogue, self.base)),
                            "next": words.say(told.reached(criterion, one["next_value"], self.catalogue)),
                            "gain": wording.number(one["gain"], 1, sign=True),
                        }
                    )
            return pl.DataFrame(lines)

        heads = {
            "enterprise": "enterprise",
            "criterion": "criterion",
            "now": "value_now",
            "next": "value_next",
            "gain": "points_gain",
        }
        return Table(id, "", rows, FILED, widths=[10, 20, 12, 12, 8], columns=_heads(heads), printed=3 * SHOWN)

    def card(self, row: dict[str, Any], id: str) -> Table:
        """Every criterion of one enterprise: value, points, weight, and what it rests on."""
        by_id = {one["criterion"]: one for one in self.found.criteria.filter(entity_id=row["entity_id"]).to_dicts()}
        kind = self.kind(row["set"])
        title = term(
            "card_of", name=row["name"], grade=told.grade(row, self.scheme), points=wording.number(row["points"], 1)
        )

        def rows(words: Words) -> pl.DataFrame:
            return pl.DataFrame(
                {
                    "dimension": words.say(dimension.title),
                    "criterion": words.say(one.title),
                    "value": words.say(told.value(one, by_id[one.id], self.catalogue, self.base)),
                    "points": _points(by_id[one.id]["points"]),
                    "weight": wording.percent(by_id[one.id]["weight"], 1),
                    "rests_on": self.rests_on(one, words),
                }
                for dimension, one in self.scheme.rows(kind)
            )

        heads = {
            "dimension": "dimension", "criterion": "criterion", "value": "value", "points": "points", "weight": "weight",
            "rests_on": "rests_on",
        }  # fmt: skip
        return Table(id, title, rows, FILED, widths=[10, 18, 10, 6, 6, 16], columns=_heads(heads))

    def rests_on(self, one: Criterion, words: Words) -> str:
        """The indicator, or the item of an action, in which its value is found."""
        if one.indicator:
            return one.indicator
        fact = self.scheme.fact(one.fact or "")
        return words(
            "item_of_action", action=words.say(term("action_one", first=fact.action)), item=words.say(fact.item)
        )


def rules(scheme: Scheme, catalogue: Catalogue, base: int, kind: Kind, id: str) -> Table:
    """The criteria for some kinds of enterprises."""

    def rows(words: Words) -> pl.DataFrame:
        return pl.DataFrame(
            {
                "dimension": words.say(dimension.title),
                "criterion": words.say(one.title),
                "rule": words.say(told.rule(one, catalogue, base)),
                "weight": words.say(told.weight(one)),
                "missing": words(f"missing_{one.missing}"),
                "clause": words.say(one.clause),
            }
            for dimension, one in scheme.rows(kind)
        )

    heads = {
        "dimension": "dimension", "criterion": "criterion", "rule": "points_rule", "weight": "weight_interval", "missing": "if_missing",
        "clause": "clause",
    }  # fmt: skip
    return Table(id, kind.title, rows, "", widths=[9, 14, 26, 11, 9, 14], columns=_heads(heads))


def public(scheme: Scheme, grades: pl.DataFrame, id: str) -> Table | None:
    """What everybody may know of the grades (`graded.GRADED`); None where that is nothing."""
    if grades.is_empty():
        return None
    counted = grades["n"].null_count() == 0

    def rows(words: Words) -> pl.DataFrame:
        lines = []
        for grade, n, names in grades.iter_rows():
            line: dict[str, object] = {"grade": grade or words("grade_without")}
            line |= {"enterprises": n} if counted else {}
            lines.append(line | {"names": words.names(names)})
        return pl.DataFrame(lines)

    heads = {"grade": "grade"} | ({"enterprises": "n_enterprises"} if counted else {}) | {"names": "enterprises_named"}
    return Table(id, "", rows, FILED, columns=_heads(heads))


def _heads(heads: dict[str, str]) -> dict[str, Column]:
    return {name: Column(term(key)) for name, key in heads.items()}


def _points(points: float | None) -> str:
    return wording.MISSING if points is None else wording.number(points, 1)


def _between(low: float | None, high: float | None, decimals: int) -> str:
    if low is None or high is None:
        return wording.MISSING
    ends = [wording.number(one, decimals) for one in (low, high)]
    return ends[0] if ends[0] == ends[1] else "–".join(ends)


def _compared(row: dict[str, Any]) -> bool:
    """Whether it has a rank among others."""
    return row["rank"] is not None and row["of"] > 1


def _main(row: dict[str, Any]) -> Said:
    """The choice that has the largest share in the variance of an enterprise's points."""
    shares: Sequence[tuple[float, str]] = [(row[name], name) for name in CHOICES if row[name] is not None]
    return term(f"choice_{max(shares)[1]}") if shares else wording.MISSING
