"""The letter that tells an enterprise its grade: what was filed, what was computed, on which rows it rests, how to object."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import polars as pl

from pipeline import wording
from pipeline.chapters.evaluation import Graded
from pipeline.errors import shown
from pipeline.evaluation import told
from pipeline.evaluation.evaluate import GIVEN, PENDING
from pipeline.evaluation.robustness import CHOICES, DRAWS
from pipeline.evaluation.scheme import Criterion
from pipeline.filings.contracts import BY_NAME
from pipeline.language.words import CHINESE as ZH
from pipeline.layout import Layout
from pipeline.output import place
from pipeline.reports.render.pdf import compile_pdf

TEMPLATE = "letter.typ"


def content(graded: Graded, row: dict[str, Any], evidence: pl.DataFrame, **signed: Any) -> dict[str, Any]:
    """What the letter to one enterprise says, as texts. row: of ENTERPRISES; evidence: `edition.evidence`; signed: publisher,
    year, date, sample."""
    scheme = graded.scheme
    kind = graded.kind(row["set"])
    by_id = {one["criterion"]: one for one in graded.found.criteria.filter(entity_id=row["entity_id"]).to_dicts()}
    criteria = {one.id: one for one in kind.criteria}
    behind = evidence.filter(entity_id=row["entity_id"])
    shares = [(row[name], name) for name in CHOICES if row[name] is not None]
    return signed | {
        "enterprise": row["name"],
        "code": row["entity_id"],
        "kind": kind.title,
        "scheme": scheme.title,
        "notice": "" if scheme.official else scheme.notice,
        "why": row["why"],
        "grade": ZH.say(told.grade(row, scheme)),
        "points": _number(row["points"]),
        "low": _number(row["low"]),
        "high": _number(row["high"]),
        "rank": f"{row['rank']}/{row['of']}" if row["rank"] is not None and row["of"] > 1 else "",
        "draws": wording.number(DRAWS),
        "least_held": wording.percent(scheme.held, 0),
        "least_weight": wording.percent(scheme.least_weight, 0),
        "there": wording.percent(row["there"], 0),
        "by_grade": [
            {"grade": one.id, "share": wording.percent(share, 0), "own": one.id == _own(row, graded)}
            for one, share in zip(scheme.grades, row["by_grade"] or (), strict=False)
            if round(share, 3) > 0
        ],
        "choice": ZH(f"choice_{max(shares)[1]}") if shares else "",
        "limits": [{"grade": one.id, "least": wording.number(one.least)} for one in scheme.grades],
        "vetoes": [
            f"{one.title}（最高 {one.cap} 级；{one.clause}）" for one in scheme.vetoes if one.id in row["vetoes"]
        ],
        "required": [one.title for one in kind.criteria if one.missing == "no_grade" and one.id in row["missing"]],
        "criteria": [
            {
                "dimension": dimension.title,
                "title": one.title,
                "value": ZH.say(told.value(one, by_id[one.id], graded.catalogue, graded.base)),
                "rule": ZH.say(told.rule(one, graded.catalogue, graded.base)),
                "points": _number(by_id[one.id]["points"]),
                "weight": wording.percent(by_id[one.id]["weight"], 1),
                "counted": _counted(by_id[one.id]),
                "clause": one.clause,
            }
            for dimension, one in scheme.rows(kind)
        ],
        "lifts": [
            {
                "title": criteria[one["criterion"]].title,
                "now": ZH.say(told.value(criteria[one["criterion"]], one, graded.catalogue, graded.base)),
                "next": ZH.say(told.reached(criteria[one["criterion"]], one["next_value"], graded.catalogue)),
                "gain": wording.number(one["gain"], 1, sign=True),
            }
            for one in told.lifts(graded.found.criteria, row["entity_id"])
        ],
        "evidence": [_behind(one, behind, graded) for one in kind.criteria],
        "objection": scheme.objection,
    }


def _own(row: dict[str, Any], graded: Graded) -> str:
    """The grade that points and vetoes give."""
    if row["why"] == GIVEN:
        return str(row["grade"])
    return (
        ""
        if row["why"] != PENDING
        else next(one for one in told.between(row, graded.scheme).split("/") if one != row["other"])
    )


def _behind(one: Criterion, behind: pl.DataFrame, graded: Graded) -> dict[str, Any]:
    """From which filed rows the value of a criterion comes."""
    rows = behind.filter(of=one.indicator or one.fact).to_dicts()
    asked = one.indicator or ""
    if one.fact:
        fact = graded.scheme.fact(one.fact)
        asked = ZH("item_of_action", action=ZH("action_one", first=fact.action), item=fact.item)
    return {
        "title": one.title,
        "asked": asked,
        "indicator": bool(one.indicator),
        "rows": [
            {
                "file": shown(row["source_file"]), "sheet": shown(row["source_sheet"] or ""), "table": BY_NAME[row["table"]].zh,
                "year": row["year"], "n": row["n"], "first": row["first"], "last": row["last"],
            }
            for row in rows
        ],
    }  # fmt: skip


def _counted(row: dict[str, Any]) -> str:
    """What the criterion adds to the points of the whole."""
    return wording.MISSING if row["points"] is None else wording.number(row["points"] * row["weight"], 1)


def _number(points: float | None) -> str:
    return wording.MISSING if points is None else wording.number(points, 1)


def write(layout: Layout, said: dict[str, Any], target: Path) -> None:
    """The letter as a PDF. Raises RenderError, OutputError."""
    theme = layout.reports / "theme"
    with tempfile.TemporaryDirectory() as folder:
        stage = Path(folder)
        shutil.copytree(theme, stage / "theme")
        frame = (theme / "typst-template.typ").read_text("utf-8")
        (stage / TEMPLATE).write_text(frame + "\n" + (theme / TEMPLATE).read_text("utf-8"), "utf-8")
        (stage / "letter.json").write_text(json.dumps(said, ensure_ascii=False), "utf-8")
        compile_pdf(stage / TEMPLATE, stage / "letter.pdf", stage)
        place(stage / "letter.pdf", target)
