"""What a notebook hands to its text arrives as it was."""

from __future__ import annotations

import json
import math

import polars as pl
import pytest

from pipeline import findings
from pipeline.findings import Measure, Quantity
from pipeline.language import zh
from pipeline.language.facts import pack, unpack
from pipeline.language.terms import glossary, term
from pipeline.wording import WITHHELD, Withheld

PUE = Measure("PUE", decimals=2, moves="rate")


def there_and_back(value: object) -> object:
    """As a notebook file carries it: as JSON with sorted keys."""
    return unpack(json.loads(json.dumps(pack(value), sort_keys=True, allow_nan=False)))


def test_plain_facts() -> None:
    facts = {"now": 2025, "share": 0.25, "name": "广东", "filed": True, "none": None, "names": ["甲", "乙"]}
    assert there_and_back(facts) == facts | {"names": ("甲", "乙")}


def test_what_is_no_number_is_missing_and_what_is_withheld_stays_so() -> None:
    missing, infinite, withheld = there_and_back([math.nan, math.inf, WITHHELD])  # type: ignore[misc]
    assert (missing, infinite) == (None, None)
    assert isinstance(withheld, Withheld)


def test_the_order_of_names_is_kept() -> None:
    assert list(there_and_back({"西部": 1.0, "全国": 2.0, "东部": 3.0})) == ["西部", "全国", "东部"]  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("finding", "said"),
    [
        (Quantity(PUE, 1.304), "1.30"),
        (Quantity(PUE, WITHHELD), "〔保密〕"),
        (
            findings.trend(PUE, [2020, 2025], [1.5, 1.3], subject="全国"),
            "全国 PUE由 2020 年的 1.50 降至 2025 年的 1.30",
        ),
        (
            findings.comparison(PUE, "西藏", 1.4, {"西部": 1.3, "全国": 1.5}),
            "西藏 PUE为 1.40，高于西部（1.30），低于全国（1.50）",
        ),
        (term("points_since", year=2020), "比 2020 年（百分点）"),
    ],
)
def test_findings_say_the_same_afterwards(finding: object, said: str) -> None:
    assert zh.say(finding) == said
    assert zh.say(there_and_back(finding)) == said


@pytest.mark.parametrize("what", [pl.DataFrame({"a": [1]}), object(), {1: "a"}])
def test_what_a_text_cannot_tell_is_refused(what: object) -> None:
    with pytest.raises(TypeError):
        pack(what)


def test_every_term_has_both_languages() -> None:
    assert glossary()
    for key, said in glossary().items():
        assert set(said) == {"zh", "en"}, key
        assert all(isinstance(text, str) for text in said.values()), key
        assert said["zh"], key
        assert said["en"] or key.startswith("unit_"), key  # English has no word for 个
