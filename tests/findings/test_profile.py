"""How far from a target, which provinces are of like size, what would close a gap: answers worked by hand."""

from __future__ import annotations

import pytest

from pipeline import findings
from pipeline.findings import ToClose
from pipeline.wording import WITHHELD


@pytest.mark.parametrize(
    ("value", "aim", "comparator", "zero", "told"),
    [
        (0.80, 0.8, ">=", 0.0, "met"),  # the number itself is met
        (0.88, 0.8, ">=", 0.0, "met"),  # a tenth beyond is still near
        (0.8801, 0.8, ">=", 0.0, "beyond"),
        (0.72, 0.8, ">=", 0.0, "short"),
        (0.7199, 0.8, ">=", 0.0, "far"),
        (1.33, 1.3, "<=", 1.0, "short"),  # 0.33 beside 0.30 above the PUE of 1
        (1.3301, 1.3, "<=", 1.0, "far"),
        (1.27, 1.3, "<=", 1.0, "met"),
        (1.2, 1.3, "<=", 1.0, "beyond"),
        (-0.2, -0.2, "<=", 0.0, "met"),
        (-0.19, -0.2, "<=", 0.0, "short"),
        (-0.09, -0.2, "<=", 0.0, "far"),
        (0.05, -0.2, "<=", 0.0, "far"),  # it rose
        (-0.3, -0.2, "<=", 0.0, "beyond"),
        (0.8 - 1, -0.2, "<=", 0.0, "met"),  # binary noise
    ],
)
def test_the_side_of_a_target(value: float, aim: float, comparator: str, zero: float, told: str) -> None:
    assert findings.side(value, aim, comparator, zero) == told


SCALES = {"甲": 100.0, "乙": 50.0, "丙": 190.0, "丁": 90.0, "戊": 400.0, "己": 10.0}


def test_like_size_is_the_nearest_by_ratio() -> None:
    # Beside 甲: 丁 1.11, 丙 1.9, 乙 2, 戊 4, 己 10. By difference 乙 would come before 丙.
    assert findings.like_size(SCALES, "甲") == ("丁", "丙", "乙", "戊")
    assert findings.like_size(SCALES, "己", 2) == ("乙", "丁")
    assert findings.like_size(SCALES, "戊", 2) == ("丙", "甲")


def test_of_two_as_near_the_first_in_order() -> None:
    assert findings.like_size({"甲": 10.0, "乙": 20.0, "丙": 5.0}, "甲", 1) == ("乙",)
    assert findings.like_size({"甲": 10.0, "丙": 5.0, "乙": 20.0}, "甲", 1) == ("丙",)


def test_who_has_no_scale_has_no_peers_and_is_none() -> None:
    scales = {"甲": 10.0, "乙": None, "丙": WITHHELD, "丁": 0.0, "戊": 12.0}
    assert findings.like_size(scales, "甲") == ("戊",)
    assert findings.like_size(scales, "乙") == ()
    assert findings.like_size(scales, "庚") == ()


def test_sites_that_close_a_gap_are_whole_ones() -> None:
    # 80 % of 268 new sites are 214.4; 209 are shared: 5.4, so 6 more.
    assert findings.more_sites(209, 268, 0.8) == ToClose("sites", 6.0, 268)
    assert findings.more_sites(209, 268, 0.8).share == pytest.approx(6 / 268)
    assert findings.more_sites(4, 10, 0.8).amount == 4.0  # 8 - 4, and no fifth for the noise of 0.8 * 10


def test_electricity_that_closes_a_gap_of_pue() -> None:
    # 140 kWh for 100 kWh of IT load; 1.3 allows 130.
    found = findings.less("electricity", 140.0, 1.4, 1.3)
    assert found.amount == pytest.approx(10.0)
    assert found.share == pytest.approx(10 / 140)


def test_energy_that_closes_a_gap_of_a_change() -> None:
    # From 100 to 90 for the same service where 80 were asked for: 90 used now have to be 80.
    found = findings.less("energy", 90.0, 0.9, 0.8)
    assert found.amount == pytest.approx(10.0)
    # An efficiency up by 16 % where 20 % were asked for: use per traffic at 1/1.16 has to be 1/1.2.
    found = findings.less("electricity", 120.0, 1 / 1.16, 1 / 1.2)
    assert found.amount == pytest.approx(120 * (1 - 1.16 / 1.2))  # 4.0
    assert found.amount == pytest.approx(4.0)
