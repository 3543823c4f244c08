"""Lines of named paths, and indices with a year as 100."""

from __future__ import annotations

import polars as pl
import pytest

from pipeline.chapters.paths import indexed, lines
from pipeline.findings import Measure
from pipeline.language import zh
from pipeline.reports.blocks import frame

PUE = Measure("PUE", "", 2)


def path(**values: float) -> pl.DataFrame:
    years = [int(year.removeprefix("y")) for year in values]
    return pl.DataFrame({"year": years, "value": list(values.values())}, schema={"year": pl.Int64, "value": pl.Float64})


class TestIndexed:
    def test_counts_from_the_base_year_and_not_from_the_first(self) -> None:
        found = indexed(path(y2019=10.0, y2020=40.0, y2025=50.0), 2020)
        assert dict(found.iter_rows()) == {2019: 25.0, 2020: 100.0, 2025: 125.0}

    @pytest.mark.parametrize("given", [path(y2021=40.0, y2025=50.0), path(y2020=0.0, y2025=50.0)])
    def test_takes_no_other_year_instead_of_the_base(self, given: pl.DataFrame) -> None:
        assert indexed(given, 2020).is_empty()


class TestLines:
    def test_tells_every_line_and_carries_its_values(self) -> None:
        figure = lines(
            {"改建": path(y2024=1.44, y2025=1.4), "其余": path(y2023=1.7, y2025=1.6), "空": path()},
            PUE, "f-x", title="t", what="机房PUE", method="m", goal=(1.5, "目标 1.5以下"),
        )  # fmt: skip
        assert figure is not None
        assert frame(figure).rows() == [
            ("改建", 2024, 1.44), ("改建", 2025, 1.4), ("其余", 2023, 1.7), ("其余", 2025, 1.6),
        ]  # fmt: skip
        assert "改建由 2024 年的 1.44 到 2025 年的 1.40" in zh.say(figure.alt)
        assert "其余由 2023 年的 1.70 到 2025 年的 1.60" in zh.say(figure.alt)
        drawn = str(figure.payload()["spec"])
        assert "目标 1.5以下" in drawn
        assert "改建 1.40" in drawn
        assert "空" not in drawn

    def test_a_single_year_makes_no_line(self) -> None:
        only = {"改建": path(y2025=1.4), "其余": path(y2025=1.6)}
        assert lines(only, PUE, "f-x", title="t", what="w", method="m") is None

    def test_refuses_a_measure_that_is_printed_on_another_scale(self) -> None:
        with pytest.raises(ValueError, match="plain"):
            lines({"a": path(y2024=1.0, y2025=2.0)}, Measure("占比", scale="percent"), "f-x", title="t", what="w", method="m")  # fmt: skip

    @pytest.mark.parametrize(
        ("values", "goal"), [((1.5, 1.5), 1.5), ((0.0, 0.0), 0.0), ((1.6, 1.7), 1.5), ((100.0, 105.0), 120.0)]
    )
    def test_leaves_room_above_and_below_every_line(self, values: tuple[float, float], goal: float) -> None:
        given = {"a": path(y2024=values[0], y2025=values[1])}
        figure = lines(given, PUE, "f-x", title="t", what="w", method="m", goal=(goal, "目标"))
        assert figure is not None
        layers = figure.payload()["spec"]["layer"]
        domains = [
            layer["encoding"]["y"]["scale"]["domain"] for layer in layers if "encoding" in layer
        ]  # else zero is added
        assert domains
        for bottom, top in domains:
            assert bottom < min(*values, goal) or bottom == 0
            assert top > max(*values, goal)
