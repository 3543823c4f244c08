"""What the attack looks for: each threshold of an unsafe cell, just at it and just beyond, by hand."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from pipeline.disclosure.attack import _Year
from pipeline.disclosure.policy import Policy

OPEN = {"min_groups": 1, "dominance": 1.0, "p": 0.0, "count_threshold": 0}


@pytest.mark.parametrize(
    ("rule", "sort", "parts", "hurts"),
    [
        ({"min_groups": 3}, "amount", [1.0, 1.0, 1.0], False),
        ({"min_groups": 3}, "amount", [1.0, 1.0], True),
        ({"min_groups": 3}, "units", [1.0, 1.0, 1.0], False),
        ({"min_groups": 3}, "units", [1.0, 1.0], True),
        ({"min_groups": 3}, "things", [1.0, 1.0], False),  # things belong to nobody
        ({"dominance": 0.75}, "amount", [75.0, 20.0, 5.0], False),
        ({"dominance": 0.75}, "amount", [75.1, 19.9, 5.0], True),
        ({"dominance": 0.75}, "units", [76.0, 19.0, 5.0], False),
        ({"p": 0.25}, "amount", [100.0, 50.0, 25.0], False),  # the second, who knows 50, guesses the first to a quarter
        ({"p": 0.25}, "amount", [100.0, 50.0, 24.9], True),
        ({"p": 0.25}, "amount", [100.0, 50.0, 20.0, 5.0], False),
        ({"p": 0.25}, "amount", [100.0, 50.0, 20.0, 4.9], True),
        ({"count_threshold": 10}, "things", [6.0, 4.0], False),
        ({"count_threshold": 10}, "things", [6.0, 3.0], True),
        ({"count_threshold": 10}, "units", [6.0, 4.0], False),
        ({"count_threshold": 10}, "units", [6.0, 3.0], True),
        ({"count_threshold": 10}, "amount", [6.0, 3.0], False),
    ],
)
def test_a_threshold(rule: dict[str, float], sort: str, parts: list[float], hurts: bool) -> None:
    policy = Policy.model_construct(**(OPEN | rule))  # type: ignore[arg-type]
    assert _Year._hurts(SimpleNamespace(policy=policy), parts, sort) is hurts  # type: ignore[arg-type]
