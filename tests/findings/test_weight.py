"""Five findings of many: which, and in which order, worked out by hand."""

from __future__ import annotations

import pytest

from pipeline.findings import Measure
from pipeline.findings.weight import Candidate, moved_places, weightiest

RATE = Measure("共享率", scale="percent")


def one(id: str, better: int = 1, path: tuple[float, ...] = (0.5,), **known: float | int | None) -> Candidate:
    return Candidate(id, id.partition(".")[0], RATE, better, path, **known)  # type: ignore[arg-type]


class TestScore:
    def test_is_the_sum_of_distance_change_rank_and_movement(self) -> None:
        # 0.25 of the way is missing; the last step is 0.1 of a range of 0.4; third of five stands in the middle; one of four lost
        found = one("a.x", path=(0.4, 0.7, 0.8), way=0.25, place=3, before=2, of=5)
        assert found.score == pytest.approx(0.25 + 0.25 + 0.0 + 0.25)

    def test_what_is_not_known_counts_nothing(self) -> None:
        assert one("a.x").score == 0.0
        assert one("a.x", path=(0.5, 0.5)).score == 0.0
        assert one("a.x", place=1, of=1).score == 0.0

    @pytest.mark.parametrize(("place", "score"), [(1, 1.0), (2, 0.5), (3, 0.0), (4, 0.5), (5, 1.0)])
    def test_either_end_of_a_ranking_weighs_most(self, place: int, score: float) -> None:
        assert one("a.x", place=place, of=5).score == pytest.approx(score)

    def test_a_distance_weighs_alike_on_both_sides_and_no_more_than_the_whole_way(self) -> None:
        assert one("a.x", way=-0.3).score == one("a.x", way=0.3).score == 0.3
        assert one("a.x", way=-7.0).score == 1.0


class TestKind:
    @pytest.mark.parametrize(
        ("better", "path", "way", "kind"),
        [
            (1, (0.5, 0.9), 0.01, "miss"),  # better than the year before, and short of its target
            (1, (0.9, 0.5), 0.0, "setback"),
            (-1, (0.5, 0.9), None, "setback"),
            (-1, (0.9, 0.5), -0.2, "success"),
            (1, (0.5, 0.50001), -0.2, "success"),  # prints alike
            (-1, (0.5, 0.50001), -0.2, "success"),
            (0, (0.9, 0.5), None, "success"),  # neither way is better
            (1, (0.9,), None, "success"),
        ],
    )
    def test_a_miss_goes_by_the_target_a_setback_by_the_step_as_printed(
        self, better: int, path: tuple[float, ...], way: float | None, kind: str
    ) -> None:
        assert one("a.x", better, path, way=way).kind == kind


class TestWeightiest:
    def test_misses_come_first_then_setbacks_then_by_score(self) -> None:
        found = weightiest(
            [
                one("a.far", way=-0.9), one("b.worse", path=(0.9, 0.8)), one("c.near", way=0.01), one("d.short", way=0.4),
                one("e.last", place=31, of=31), one("f.level", way=-0.1),
            ]
        )  # fmt: skip
        assert [each.id for each in found] == ["d.short", "c.near", "b.worse", "e.last", "a.far"]

    def test_no_more_than_two_are_of_a_theme(self) -> None:
        found = weightiest([one("dc.a", way=0.9), one("dc.b", way=0.8), one("dc.c", way=0.7), one("bs.a", way=-0.1)])
        assert [each.id for each in found] == ["dc.a", "dc.b", "bs.a"]

    def test_those_that_weigh_the_same_keep_their_order(self) -> None:
        found = weightiest([one("a.x", way=0.1 + 0.2), one("b.x", way=0.3), one("c.x", way=0.3)])
        assert [each.id for each in found] == ["a.x", "b.x", "c.x"]

    def test_there_may_be_fewer_than_five_or_none(self) -> None:
        assert weightiest([]) == ()
        assert len(weightiest([one("a.x"), one("b.x")], n=1)) == 1


def test_who_lost_most_places() -> None:
    kept, lost, worst, won = (
        one(id, place=place, before=before, of=31)
        for id, place, before in (("a.x", 5, 5), ("b.x", 7, 5), ("c.x", 20, 9), ("d.x", 1, 30))
    )
    assert moved_places([kept, lost, worst, won, one("e.x")]) == worst
    assert moved_places([kept, won]) is None
