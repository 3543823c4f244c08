"""A chart's specification in the bytes that a page has for it; theme/report.js puts it together again."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

Spec = Mapping[str, Any]

_all_fields = re.compile(r'"geoshape"|"content": "data"')  # charts that read columns which they do not name
_name = re.compile(r"[A-Za-z_]\w*", re.A)


def packed(spec: Spec) -> str:
    """`spec` without the shared configuration, with its data by column instead of by row, without columns that nothing in it
    names, and with every text of a column said once."""
    shared = json.loads(json.dumps(theme().green_report()["config"]))
    told = {"$schema", *(["config"] if spec.get("config") == shared else [])}
    kept = {name: value for name, value in spec.items() if name not in told}
    without = json.dumps({name: value for name, value in kept.items() if name != "datasets"}, ensure_ascii=False)
    return as_json(
        kept | {"datasets": {name: _columns(rows, without) for name, rows in spec.get("datasets", {}).items()}}
    )


def _columns(rows: Sequence[Spec], without: str) -> dict[str, Any]:
    """The columns of `rows` that the specification, `without` its data, names; one where it names none, which counts them."""
    names = list(rows[0]) if rows else []
    if not _all_fields.search(without):
        names = [name for name in names if not _name.fullmatch(name) or re.search(rf"\b{name}\b", without)] or names[:1]
    return {name: _once([row[name] for row in rows]) for name in names}


def _once(column: list[Any]) -> Any:
    """A column of texts as its `texts` and which of them each row has, where that is shorter."""
    if not all(isinstance(one, str) for one in column):
        return column
    places = {text: place for place, text in enumerate(dict.fromkeys(column))}
    short = {"texts": list(places), "nth": [places[text] for text in column]}
    return min(column, short, key=lambda form: len(as_json(form)))


def chart_config() -> str:
    """What all charts of the page share, said once: the script puts it back into each specification."""
    return f'<script type="application/json" id="chart-config">{as_json(theme().green_report()["config"])}</script>'


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def theme() -> Any:
    """Loaded when something is drawn: with Altair it takes a second, which commands without reports need not wait for."""
    from pipeline.charts import theme as shared

    return shared
