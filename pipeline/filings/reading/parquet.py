"""Which texts stand in this Parquet file?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from pipeline.errors import DataError, shown
from pipeline.filings.reading.footer import coming
from pipeline.filings.reading.sheets import MIB, Known, Limits, Raw, Reading, guard, too_large


def read_parquet(path: Path, limits: Limits, known: Known, reading: Reading, file: str) -> Iterator[Raw]:
    with guard("parquet.broken", "文件已损坏，不能作为 Parquet 读取；请重新导出后提交。"):
        with path.open("rb") as stream:
            stream.seek(max(0, path.stat().st_size - 4))
            if stream.read() == b"PARE":
                raise DataError("parquet.encrypted", "Parquet 文件是加密的，不能读取；请不加密重新导出后提交。")
        found = coming(path)
        if found.nested is not None:
            raise _nested(found.nested)
        width, height = len(found.columns), found.rows
        if width > limits.columns:
            raise too_large(f"文件有 {width} 列", f"{limits.columns:,} 列")
        size = path.stat().st_size
        cells = min(limits.cells, max(limits.parquet_cells, limits.cells_per_byte * size))
        if height * width > cells:
            what = f"文件有 {height:,} 行、{width} 列，共 {height * width:,} 格"
            raise too_large(what, f"{cells:,} 格（{size / MIB:,.1f} MiB 的文件）")
        if found.decoded > limits.decoded_bytes:
            raise too_large(f"文件解压后有 {found.decoded / MIB:,.0f} MiB", f"{limits.decoded_bytes / MIB:,.0f} MiB")
        scan = pl.scan_parquet(path, glob=False, hive_partitioning=False)
        schema = scan.collect_schema()
        odd = [name for name, dtype in schema.items() if dtype.is_nested() or dtype in (pl.Object, pl.Binary)]
        if odd:
            raise _nested(odd[0])
        long = [
            (pl.col(name).cat if dtype in (pl.Categorical, pl.Enum) else pl.col(name).str).len_bytes()
            for name, dtype in schema.items()
            if dtype in (pl.String, pl.Categorical, pl.Enum)
        ]
        if long and height:
            sizes = scan.select(pl.sum_horizontal(one.cast(pl.Int64).sum() for one in long)).collect().item()
            if sizes > limits.text_bytes:
                raise too_large(f"文件的文字共有 {sizes / MIB:,.0f} MiB", f"{limits.text_bytes / MIB:,.0f} MiB")
        texts = [_as_text(name, dtype).alias(f"c{index}") for index, (name, dtype) in enumerate(schema.items())]
        data = scan.select(texts).collect()
        header = pl.DataFrame({f"c{index}": [name] for index, name in enumerate(schema)}, schema=data.schema)
        frame = pl.concat([header, data]).with_row_index("source_row", offset=1).cast({"source_row": pl.Int64})
    yield Raw("", frame)


def _nested(column: str) -> DataError:
    return DataError("parquet.nested", f"列“{shown(column)}”是嵌套或二进制类型；每列应是文字、数字、日期或是否。")


def _as_text(name: str, dtype: pl.DataType) -> pl.Expr:
    text = pl.col(name).cast(pl.String)
    if dtype.is_float():
        return text.str.replace(r"\.0$", "")
    if isinstance(dtype, pl.Datetime):
        return text.str.replace(r"\.0+$", "").str.replace(r" 00:00:00$", "")
    return text.replace("", None)
