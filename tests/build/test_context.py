"""Every input of a chapter has a name, and a hash that follows its content."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.build import edition, sources
from pipeline.build.context import Present, told
from pipeline.build.plan import NO_FILINGS, Selection, jobs
from tests.build import editions


def test_every_name_has_a_hash_that_follows_its_content(tmp_path: Path) -> None:
    layout = editions.checkout(tmp_path / "house")
    files = sources.hashes(layout)
    common = sources.shared(layout, files)
    [one] = jobs(layout, Selection(filings=NO_FILINGS))
    [other] = jobs(layout, Selection(filings=NO_FILINGS, scenario="accelerated", overrides=("top_n=5",)))
    edition.prepare(layout, [one, other])
    here, there = (Present(layout, job, common, files) for job in (one, other))
    for name in ("scenario", "params.top_n", "params", "parameters", "everything"):
        assert here(name) != there(name), name
    for name in ("year", "region", "code", "params.publisher", "indicators"):
        assert here(name) == there(name), name


def test_what_scenarios_say_of_a_region_changes_with_its_own_parameters(tmp_path: Path) -> None:
    small = editions.checkout(tmp_path / "house")
    everywhere = f"全国,{editions.GUANGDONG},{editions.ZHEJIANG}"

    def ahead() -> list[str]:
        files = sources.hashes(small)
        common = sources.shared(small, files)
        return [Present(small, job, common, files)("outlook") for job in editions.made(small, everywhere)]

    before = ahead()
    assert len(set(before)) == 3
    (small.params / "provinces" / "330000-浙江.yml").write_text("all:\n  e_bs: 0.2\n", "utf-8")
    after = ahead()
    assert [one == other for one, other in zip(before, after, strict=True)] == [
        False,
        True,
        False,
    ]  # the nation is a sum


def test_names_are_told_in_chinese() -> None:
    assert told(["params.top_n", "filed.energy", "front"]) == "参数 top_n（图中最多列出的条目数）、填报表 energy、封面"


def test_indicators_are_kept_apart_by_the_year_and_by_all_parameters_on_which_they_rest(tmp_path: Path) -> None:
    layout = editions.checkout(tmp_path / "house")
    common = sources.shared(layout, sources.hashes(layout))

    def kept(**wanted: Any) -> tuple[Path, dict[str, str]]:
        [job] = jobs(layout, Selection(filings=NO_FILINGS, **wanted))
        [step] = [one for one in edition.steps(layout, [job], common).values() if one.name == "indicators"]
        return edition.indicators(layout, job), dict(step.reads)

    place, reads = kept()
    for name, wanted in {
        "year": {"year": 2024},
        "params.fuel_factor_set": {"overrides": ("fuel_factor_set=S2",)},
        "params.natural_gas_kgce_per_m3": {"overrides": ("natural_gas_kgce_per_m3=1.2143",)},
        "params.electricity_coal_coefficient_kgce_per_kwh": {
            "overrides": ("electricity_coal_coefficient_kgce_per_kwh=0.3",)
        },
        "params.electricity_coal_method": {"overrides": ("electricity_coal_method=coal_equivalent",)},
        "params.water_kgce_per_t": {"overrides": ("water_kgce_per_t=0.2",)},
        "params.frame_coverage_min": {"overrides": ("frame_coverage_min=0.5",)},
    }.items():
        other, others = kept(**wanted)
        assert other != place, name
        assert {one for one in reads if reads[one] != others[one]} == {name}
