"""A public report of the nation and of one small province: nothing in it that was hidden, and else the internal one."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from pypdf import PdfReader

from pipeline.build import edition
from pipeline.build.plan import Selection, jobs
from pipeline.disclosure.rules import CELL
from pipeline.disclosure.stand_ins import stand_ins
from pipeline.given.regions import all_regions
from pipeline.indicators.evaluate import SIDES
from pipeline.indicators.model import load_catalogue
from pipeline.layout import Layout
from pipeline.reports.blocks import MIME
from pipeline.scenarios import outlook
from tests.build.readers import technical
from tests.build.test_build import Page
from tests.conftest import Run, run_command

pytestmark = pytest.mark.slow

NUMBER = re.compile(r"(?<![\w#])\d[\d,]*(?:\.\d+)?")
REGIONS = ("000000-全国", "540000-西藏")


class Made:
    """What a build wrote: for one audience the reports, their tables, and all that its notebooks could read."""

    def __init__(self, out: Path, processed: Path, log: str) -> None:
        self.out, self.processed, self.log = out, processed, log

    def blocks(self, region: str) -> list[dict[str, Any]]:
        """The figures, tables and cards of a report, and its paragraphs as {"text": …}."""
        found: list[dict[str, Any]] = []
        for path in sorted((self.out / region / "plan" / "notebooks").glob("*.ipynb")):
            for cell in json.loads(path.read_text("utf-8"))["cells"]:
                for output in cell.get("outputs", []):
                    data = output.get("data", {})
                    found.append(data[MIME] if MIME in data else {"text": "".join(data.get("text/markdown", ""))})
        return found

    def texts(self) -> dict[Path, str]:
        """All files as text: pages, PDF with its metadata, Word, notebooks, provenance, CSV, Parquet. Not what earlier builds
        in this checkout left: chapters that failed, and the history."""
        found = {}
        left = [path for path in self.processed.rglob("*") if not {"failed", "history"} & set(path.parts)]
        for path in [*self.out.rglob("*"), *left]:
            if path.suffix in (".html", ".json", ".ipynb", ".csv"):
                found[path] = path.read_text("utf-8")
            elif path.suffix == ".pdf":
                reader = PdfReader(path)
                found[path] = "\n".join(page.extract_text() for page in reader.pages) + str(reader.metadata)
            elif path.suffix == ".docx":
                with zipfile.ZipFile(path) as whole:
                    found[path] = "\n".join(whole.read(name).decode("utf-8", "replace") for name in whole.namelist() if name.endswith((".xml", ".rels")))  # fmt: skip
            elif path.suffix == ".parquet":
                found[path] = pl.read_parquet(path).write_json()
        return found


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory, layout: Layout) -> Made:
    out = tmp_path_factory.mktemp("public")
    run = run_command(
        "build", "--audience", "public", "--region", "全国,西藏", "--to", "html,pdf,docx", "--out", str(out)
    )
    assert run.returncode == 0, run.stderr
    return Made(out / "2025-sample" / "public", layout.processed / "2025-sample" / "public", run.stderr)


@pytest.fixture(scope="module")
def internal(layout: Layout) -> pl.DataFrame:
    """The internal indicator table."""
    return edition.computed(layout, jobs(layout, Selection(year=2025))[0])


@pytest.fixture(scope="module")
def accepted(layout: Layout) -> dict[str, pl.DataFrame]:
    intake = jobs(layout, Selection(year=2025))[0].intake
    assert intake is not None
    return intake.accepted


def numbers(text: str) -> dict[str, tuple[float, float]]:
    """The numbers of a text with at least ten digits that mean something (shorter ones meet by chance): their value and
    half of their last place."""
    found = {}
    for token in set(NUMBER.findall(text)):
        plain = token.replace(",", "")
        if len(plain.replace(".", "").strip("0")) >= 10:
            found[token] = (float(plain), 0.5 * 10.0 ** -len(plain.partition(".")[2]))
    return found


def matching(told: dict[str, tuple[float, float]], rows: pl.DataFrame) -> set[str]:
    """Those of the numbers that are a value of `rows`: as it is, in %, in thousands, 万, millions or 亿, however rounded."""
    values = np.unique(np.abs(np.concatenate([rows[name].drop_nulls().to_numpy() for name in ("value", *SIDES)])))
    values = values[values >= 1e5]  # amounts: a ratio of small counts, such as 1/30, is many things
    names, pairs = list(told), np.array(list(told.values())).reshape(-1, 2)
    hit = np.zeros(len(names), dtype=bool)
    for factor in (1, 100, 1e-3, 1e-4, 1e-6, 1e-8):
        scaled = values * factor
        slack = pairs[:, 1] + 1e-12 * pairs[:, 0]
        at = np.searchsorted(scaled, pairs[:, 0] - slack)
        hit |= (at < len(scaled)) & (scaled[np.minimum(at, len(scaled) - 1)] <= pairs[:, 0] + slack)
    return {name for name, is_hit in zip(names, hit, strict=True) if is_hit}


def test_no_hidden_value_is_anywhere(public: Made, internal: pl.DataFrame) -> None:
    """Every hidden cell and every row of an entity of the year, in every file that the build wrote for the public."""
    pattern = pl.read_parquet(public.processed.parent / "disclosure.parquet")
    hidden, alone = (pattern.filter(pl.col("value_only") == only) for only in (False, True))
    own = internal.filter(
        pl.col("entity_id").is_not_null() | pl.col("indicator_id").is_in(["dc.erf", "dc.cer"]), pl.col("year") == 2025
    )
    closed = internal.filter(pl.col("entity_id").is_null()).join(hidden, on=CELL, how="semi", nulls_equal=True)
    assert closed.height > 1000
    parts = internal.filter(pl.col("entity_id").is_null()).join(alone, on=CELL, how="semi", nulls_equal=True)
    assert parts.height > 100
    parts = parts.with_columns(value=pl.lit(None, pl.Float64))  # the value is told, numerator and denominator are not
    told, secret = pl.read_parquet(public.processed / "indicators.parquet"), pl.concat([closed, parts, own])
    assert told.filter(pl.col("indicator_id").is_in(["dc.erf", "dc.cer"])).is_empty()
    texts = public.texts()
    assert {path.suffix for path in texts} == {".html", ".pdf", ".docx", ".ipynb", ".json", ".csv", ".parquet"}
    leaks = {}
    for path, text in texts.items():
        seen = numbers(text)
        if found := matching(seen, secret) - matching(seen, told):
            leaks[path.name] = sorted(found)[:5]
    assert leaks == {}, leaks


def test_the_search_finds_what_is_there(public: Made) -> None:
    """The same search finds published values, so that finding nothing means something."""
    table = pl.read_parquet(public.processed / "indicators.parquet")
    told = table.filter(pl.col("year") == 2025, pl.col("indicator_id") == "energy.total")
    texts = public.texts()
    for suffix in (".html", ".ipynb", ".csv", ".parquet"):
        assert any(matching(numbers(text), told) for path, text in texts.items() if path.suffix == suffix), suffix


def test_no_facility_no_enterprise_no_file_and_no_machine_is_named(
    public: Made, accepted: dict[str, pl.DataFrame], layout: Layout
) -> None:
    ids = {"sites": "site_id", "data_centres": "dc_id", "rooms": "room_id"}
    words = set().union(*(set(accepted[table][id].cast(pl.String)) for table, id in ids.items()))
    words |= set(accepted["data_centres"]["name"].drop_nulls())
    candidates = accepted["cases"].filter(pl.col("status").cast(pl.String) == "candidate")
    shown = set(accepted["cases"].join(candidates, on="case_id", how="anti")["title"])
    phrases = [
        *accepted["entities"]["name_zh"],
        *(set(candidates["title"]) - shown),
        str(layout.root),
        str(Path.home()),
    ]
    phrases += [
        Path(file).name for file in set(accepted["energy"]["source_file"]) | set(accepted["rooms"]["source_file"])
    ]
    for path, text in public.texts().items():
        assert not words & set(re.findall(r"[\w-]+", text)), path
        for phrase in phrases:
            assert phrase not in text, (path, phrase)


def test_no_word_of_the_program_is_in_the_main_volume(public: Made) -> None:
    for region in REGIONS:
        [page] = (public.out / region / "plan").glob("*-plan.html")
        assert technical(Page(page.read_text("utf-8")).text) == []
        pdf = PdfReader(page.with_suffix(".pdf"))
        assert technical("".join(one.extract_text() for one in pdf.pages).replace("\n", "")) == []


def test_the_public_folder_has_only_tables_that_passed(public: Made) -> None:
    table = pl.read_parquet(public.processed / "indicators.parquet")
    assert table["entity_id"].null_count() == table.height
    for name in ("n_rows", "n_entities", "n_groups", "largest_share", "others_to_largest", "months"):
        assert table[name].null_count() == table.height
    marked = table.filter(pl.col("flag") == "suppressed")
    assert marked.select(pl.col("value", *SIDES).null_count().sum()).row(0) == (marked.height,) * 3
    assert sorted(path.stem for path in (public.processed / "quality").iterdir()) == ["counts"]
    assert not (public.processed / "quarantine").exists()


def test_what_is_hidden_is_said_in_text_tables_and_cards_and_counted(public: Made) -> None:
    blocks = public.blocks("540000-西藏")
    texts = " ".join(block["text"] for block in blocks if "text" in block)
    tables = [
        cell for block in blocks if block.get("kind") == "table" for row in block["table"]["rows"] for cell in row
    ]
    cards = [card["value"] for block in blocks if block.get("kind") == "cards" for card in block["cards"]]
    assert "〔保密〕" in texts
    assert "〔保密〕" in tables
    assert "〔保密〕" in cards
    assert "公开版：2025 年的" in public.log
    appendix = next(block for block in blocks if block.get("id") == "t-quality-disclosure")
    assert appendix["table"]["rows"][0][0] == "公布"


def test_a_public_report_differs_only_where_disclosure_control_says_so(public: Made, internal: pl.DataFrame) -> None:
    """Of the indicators: the same rows but for entities; the same values but for hidden cells and accounts of cases, which
    rest on the cases that are shown."""
    table = pl.read_parquet(public.processed / "indicators.parquet")
    of_cases = pl.col("indicator_id").str.starts_with("cases.")
    kept = pl.col("indicator_id").str.contains(r"^(equipment|business)\.|^dc\.(erf|cer)$") | (
        (pl.col("indicator_id") == "quality.completeness") & pl.col("member").is_in(["equipment", "business"])
    )
    assert table.filter(kept).is_empty()  # never published
    mine = internal.filter(pl.col("entity_id").is_null() & ~of_cases & ~kept.fill_null(False))
    table = table.filter(~of_cases)
    both = mine.join(table, on=[*CELL, "unit"], how="full", nulls_equal=True, coalesce=True, suffix="_public")
    assert both.height == mine.height == table.height
    rounded = pl.col("indicator_id") == "quality.completeness"  # in steps of 5 %, without its parts: they count filers
    steps = both.filter(rounded)["value_public"].drop_nulls() * 20
    assert (steps - steps.round()).abs().max() < 1e-9  # type: ignore[operator]
    pattern = pl.read_parquet(public.processed.parent / "disclosure.parquet")
    told = both.filter(pl.col("flag_public").ne_missing(pl.lit("suppressed")), ~rounded)
    bare = told.join(pattern.filter("value_only"), on=CELL, how="semi", nulls_equal=True)
    target = pl.col("indicator_id") == "dc.pue.new_large", pl.col("region_code") == "000000", pl.col("year") == 2022
    assert bare.filter(target).height == 1, "of few groups"
    assert bare["numerator_public"].is_null().all()
    assert bare["denominator_public"].is_null().all()
    assert set(pattern.filter("value_only", ~pl.all_horizontal(target))["rule"]) == {"secondary"}
    whole = told.join(bare, on=CELL, how="anti", nulls_equal=True)
    for name in ("value", "numerator", "denominator", "flag"):
        assert whole[name].equals(whole[f"{name}_public"]), name
    # What is told alone is as reports print it, which is to three places at least: all its digits would tell its parts.
    off = (bare["value"] - bare["value_public"]).abs()
    assert off.max() <= 0.0501  # type: ignore[operator]
    assert off.is_not_null().all()
    assert (bare["value_public"] * 1e5 - (bare["value_public"] * 1e5).round()).abs().max() < 1e-4  # type: ignore[operator]
    hidden = pattern.filter(~pl.col("value_only"))
    closed = both.filter(pl.col("flag_public") == "suppressed")
    assert closed.height == hidden.join(mine, on=CELL, how="semi", nulls_equal=True).height


def test_every_province_has_an_outlook_or_the_table_hides_what_it_starts_from(public: Made, layout: Layout) -> None:
    """31 of 31 of the sample, each with all three scenarios; of none the start is hidden, which chapter 10 would tell as the
    reason. All of it follows from the public's table and the reference, so it tells nothing that the table does not."""
    codes = {region.code for region in all_regions(layout) if not region.is_nation}
    assert len(codes) == 31
    job = jobs(layout, Selection(year=2025, audience="public"))[0]
    paths = outlook.read(edition.scenarios(layout, job)).paths.filter(pl.col("region_code").is_in(codes))
    energy = paths.filter(measure="energy.total").drop_nulls("value")
    told = energy.group_by("region_code").agg(pl.col("scenario").n_unique())
    assert dict(told.iter_rows()) == dict.fromkeys(codes, 3)
    table = pl.read_parquet(public.processed / "indicators.parquet")
    start = table.filter(
        pl.col("year") == 2025, pl.col("indicator_id") == "energy.total", pl.col("dimension").is_null()
    )
    assert set(start.drop_nulls("value")["region_code"]) >= codes
    titles = {one.id: one.title for one in load_catalogue(layout)}
    given = stand_ins(table, 2025, titles)
    again = (
        edition.projected(layout, job, given.table)
        .without(given.closed)
        .told(given.notes, given.guessed, given.hidden)
        .paths
    )
    assert again.filter(pl.col("region_code").is_in(codes)).equals(paths)


def test_the_nation_reads_the_same_for_both_but_for_what_is_hidden(
    public: Made, green_report: Run, tmp_path: Path
) -> None:
    """Headlines of the nation, whose targets are exempt: cards and the path of energy."""
    run = green_report("build", "--to", "html", "--out", str(tmp_path))
    assert run.returncode == 0, run.stderr
    inside = Made(tmp_path / "2025-sample" / "internal", tmp_path, run.stderr)
    by_id = {block["id"]: block for block in inside.blocks("000000-全国") if "id" in block}
    same, others = 0, []
    for block in public.blocks("000000-全国"):
        mine = by_id.get(block.get("id", ""))
        if mine is None or block["kind"] not in ("table", "figure") or "保密" in json.dumps(block, ensure_ascii=False):
            continue
        if block["id"].startswith(("t-cases", "f-cases", "t-inputs", "t-overview-trace", "t-actions-metrics", "t-actions-safeguard-metrics", "f-dc-sizes", "t-dc-categories", "t-quality")):  # fmt: skip
            continue  # decided: candidates, names of files, numbers of rows, ranges, numbers of facilities are internal
        if block["id"] in ("f-dc-hubs", "t-dc-summary"):
            assert all(row in mine["table"]["rows"] for row in block["table"]["rows"])
            continue  # clusters that are withheld and what is internal are left out, and the text says so
        if (block["table"]["rows"], block["title"]) != (mine["table"]["rows"], mine["title"]):
            others.append(block["id"])
        same += 1
    assert not others
    assert same > 40
    cards = {
        name: next(b["cards"] for b in made.blocks("000000-全国") if b.get("kind") == "cards")
        for name, made in (("public", public), ("internal", inside))
    }
    assert [card["value"] for card in cards["public"]] == [card["value"] for card in cards["internal"]]
