"""Does an edition of the size of the real one fit? `make bench`.

The sample's accepted rows, each of its five entities parted into sixty: each of the three hundred files in a quarter of the
provinces, there fifteen of an entity share what it filed. Energy is filed by month. Sites, rooms and centres stand once
for each of the fifteen, with a part of the energy. So there are 2.5 M rows of energy, 1.4 M sites, over 25,000 rows of
5,000 centres; and what tables should agree on, agrees. Of such filings the check and a build of the nation and three
provinces are measured: seconds, the largest memory of a process, the largest PDF and page, and a build again after one
province's parameter has changed. Exits with 1 where a bound of BOUNDS is exceeded.

    python tests/benchmarks/bench_edition.py [folder to keep the filings and reports in]
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import polars as pl
from rich.console import Console
from rich.table import Table

from pipeline.filings.contracts import BY_NAME, TABLES
from pipeline.filings.intake import take_in
from pipeline.layout import Layout
from tests.benchmarks.bench_fleet import BIN, Took, Watch, copy, environment
from tests.benchmarks.bench_rollup import apart

PARTS, QUARTER = 60, 4  # of an entity; each in one of so many provinces
REGIONS = "全国,广东,内蒙古,西藏"
BOUNDS = {"内存（GB）": 3.0, "PDF（MB）": 8.0, "网页（MB）": 3.0, "改一省的参数（%）": 5.0}
AMOUNTS = {
    "energy": ["quantity"],
    "activity": ["value"],
    "data_centres": ["it_kwh", "total_kwh", "water_t", "green_kwh", "cooling_kwh", "reused_kwh"],
    "rooms": ["it_kwh", "total_kwh"],
    "base_stations": ["stations", "traffic_tb", "energy_kwh", "equipment_kwh", "monitored_stations"],
    "green_power": ["kwh"],
    "equipment": ["quantity", "energy_kwh", "retired", "recycled_kg"],
    "business": ["quantity"],
}
COUNTED = ("stations", "monitored_stations", "retired")  # whole numbers
IDS = {"sites": "site_id", "data_centres": "dc_id", "rooms": "room_id"}


def filings(out: Path, layout: Layout) -> dict[str, int]:
    """Writes them below `out`; rows by table."""
    accepted = take_in(layout.root / "data/raw/sample", layout).accepted
    codes = accepted["sites"]["province_code"].unique().sort()
    parts = pl.DataFrame({"_part": range(1, PARTS + 1)})
    which = pl.DataFrame({"province_code": codes, "_at": range(codes.len())}).join(parts, how="cross")
    which = which.filter((pl.col("_at") + pl.col("_part")) % QUARTER == 0).drop("_at")
    size = 0.5 + pl.col("_part") / PARTS
    which = which.with_columns(_share=size / size.sum().over("province_code"))
    rows = {}
    for table in TABLES:
        frame = _parted(
            table.name, accepted[table.name].drop("source_file", "source_sheet", "source_row", "flags"), which
        )
        rows[table.name] = frame.height
        _write(table.name, frame, out)
    (out / "EDITION.yml").write_text("kind: preliminary\n", "utf-8")
    return rows


def _parted(name: str, frame: pl.DataFrame, which: pl.DataFrame) -> pl.DataFrame:
    """The rows of a table, those of enterprises parted."""
    part = pl.col("_part").cast(pl.String).str.zfill(2)
    if name == "entities":
        every = frame.join(which.select("_part").unique().sort("_part"), how="cross")
        own = pl.concat_str("entity_id", pl.lit("-"), part)
        return every.with_columns(own, own.alias("group_id"), pl.concat_str("name_zh", part)).drop("_part")
    if "entity_id" not in frame.columns or "province_code" not in frame.columns:
        return frame
    frame = frame.filter(~pl.col("is_control")) if name in AMOUNTS else frame
    every = frame.join(which, on="province_code", how="left", maintain_order="left")
    every = every.with_columns(pl.col("_part").fill_null(1), pl.col("_share").fill_null(1.0))  # of the nation: once
    share = pl.col("_share")
    made = [pl.concat_str(one, pl.lit("-"), part) for one in ("entity_id", IDS.get(name)) if one]
    if "counterparty_id" in frame.columns:
        other = pl.col("counterparty_id")
        made.append(
            pl.when(other != "").then(pl.concat_str(other, pl.lit("-"), part)).otherwise(other).alias("counterparty_id")
        )
    for amount in AMOUNTS.get(name, ()):
        if name == "equipment" and amount == "quantity":
            continue
        value = pl.col(amount) * share
        made.append(value.round() if amount in COUNTED else value.round(3))
    if name == "action_metrics":
        made.append(
            pl.when(pl.col("unit") == "%").then("value").otherwise((pl.col("value") * share).round()).alias("value")
        )
    every = every.with_columns(made).drop("_part", "_share")
    if name != "energy":
        return every
    yearly, monthly = every.filter(pl.col("month") == 0), every.filter(pl.col("month") > 0)
    months = pl.DataFrame({"_month": range(1, 13)}, schema={"_month": pl.Int64})
    each = yearly.join(months, how="cross").with_columns(month="_month", quantity=(pl.col("quantity") / 12).round(3))
    return pl.concat([each.drop("_month"), monthly])


def _write(name: str, frame: pl.DataFrame, out: Path) -> None:
    """English headers and canonical units; a file an entity of the sample and year: energy as CSV, the others as Parquet."""
    table = BY_NAME[name]
    for column in table.columns:
        if column.kind == "date":
            year, month = (pl.col(one) for one in column.canonical[:2])
            text = pl.when(year.is_not_null()).then(
                pl.format("{}-{}", year, month.fill_null(1).cast(pl.String).str.zfill(2))
            )
            frame = frame.with_columns(text.alias(column.name))
    zero = [one for one in ("month", "price_base_year") if one in frame.columns]  # filed as an empty cell
    frame = frame.with_columns(pl.when(pl.col(one) != 0).then(one) for one in zero)
    if "sub_region" in frame.columns:
        city = pl.col("sub_region")
        frame = frame.with_columns(pl.when(city != "").then(city).otherwise("province_code").alias("province_code"))
    if name == "measures":  # the national rows keep their entity's first part
        frame = frame.unique(table.key, maintain_order=True)
    names = [column.name for column in table.columns if column.name in frame.columns and frame[column.name].null_count() < frame.height]  # fmt: skip
    year = pl.col("year") if "year" in frame.columns else pl.lit(2025)
    whose = (
        pl.col("entity_id").str.split("-").list.first()
        if "entity_id" in frame.columns and name != "entities"
        else pl.lit("all")
    )
    for (of, when), rows in frame.with_columns(_year=year, _whose=whose).group_by(
        "_whose", "_year", maintain_order=True
    ):
        path = out / str(when) / f"{str(of).lower()}_{name}_{when}"
        path.parent.mkdir(parents=True, exist_ok=True)
        data = rows.select(pl.col(one).cast(pl.String) if rows.schema[one] == pl.Enum else one for one in names)
        if name == "energy":
            data.write_csv(path.with_suffix(".csv"))
        else:
            data.write_parquet(path.with_suffix(".parquet"))


def run(root: Path, *command: str, right: tuple[int, ...] = (0,)) -> Took:
    """What a command of `green-report` took."""
    watch = Watch()
    done = subprocess.run([str(BIN / "green-report"), *command], env=environment(root), cwd=root, capture_output=True, text=True)  # fmt: skip
    if done.returncode not in right:
        raise SystemExit(done.stdout + done.stderr)
    return watch.took()


def largest(root: Path, pattern: str) -> float:
    """MB of the largest file."""
    return max(path.stat().st_size for path in (root / "reports").rglob(pattern)) / 1e6


def main(folder: Path | None = None) -> int:
    with tempfile.TemporaryDirectory() as scratch:
        root = copy(folder or Path(scratch, "edition"))
        rows = apart(filings, root / "data/raw/large", Layout(root))
        print("、".join(f"{BY_NAME[name].zh} {n:,}" for name, n in rows.items()), flush=True)
        checked = run(root, "check", "data/raw/large", right=(0, 1))
        build = ["build", "--filings", "data/raw/large", "--region", REGIONS, "--to", "html,pdf", "--workers", "2"]
        cold = run(root, *build)
        province = root / "notebooks/params/provinces/440000-广东.yml"
        province.parent.mkdir(exist_ok=True)
        province.write_text("all:\n  g_it: 0.15\n", "utf-8")
        again = run(root, *build)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6  # of the largest process
        found = {
            "内存（GB）": peak, "PDF（MB）": largest(root, "*.pdf"), "网页（MB）": largest(root, "*.html"),
            "改一省的参数（%）": 100 * again.cpu / cold.cpu,
        }  # fmt: skip
    table = Table(
        "量", "数", "上限", "结论", title=f"一版的规模：{len(found)} 项；检查、生成的用时为时钟秒（处理器秒）"
    )
    for name, took in (("检查", checked), ("生成", cold), ("改一省的参数后再生成", again)):
        table.add_row(name, str(took), "", "")
    for name, bound in BOUNDS.items():
        table.add_row(name, f"{found[name]:.1f}", f"{bound:g}", "达到" if found[name] <= bound else "未达到")
    Console(width=100).print(table)
    return 0 if all(found[name] <= bound for name, bound in BOUNDS.items()) else 1


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:2])))
