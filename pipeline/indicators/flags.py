"""What has to be said beside a value: every flag of the indicator table with its Chinese sentence, once.

While values are computed flags are bits of one integer, so that those of many rows become those of their sum by OR;
in the table they are ids, parted by commas, in the order of FLAGS, and null where there are none.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

# Those that explain why there is no value come first, then those that qualify one.
FLAGS = {
    "not_filed": "没有填报",
    "no_baseline": "没有基期年份的填报，不能比较；不以其他年份代替",
    "unmatched": "应报的单位没有都报齐，或自基期以来的价格链接中断，不能相比",
    "zero_denominator": "分母为零，或没有符合条件的对象",
    "no_factor": "没有公布电力排放因子的省份（西藏）不计算，也不计入合计",
    "coverage": "报齐的省份不足 95%，不判定是否达标",
    "partial": "有不足十二个月的填报，未计入",
    "factor_earlier": "尚无当年的电力排放因子，采用此前最近一年公布的",
    "factor_later": "没有当年及以前的电力排放因子，采用此后最早一年公布的",
    "factor_unverified": "采用的电力排放因子未经核实",
    "fuel_without_factor": "所选排放因子组没有某种燃料的因子，未计入该燃料",
    "self_built_above": "自建自用电量大于用电量，请核对",
    "claims_moved": "集团在一些省份申领的绿电多于用电，多出部分按集团抵扣其他省份",
    "chained": "电信业务总量为链式可比价，各地区之和不等于合计",
    "mixed_prices": "部分单位只按基期价格填报，增速按基期价格计算",
    "double_counting": "有场景疑似重复计算，只计较大的一个",
    "out_of_range": "超出合理范围，请核对",
    "frame": "填报没有覆盖全行业，不判定是否达标，见附录 B",
    "suppressed": "为保护单个企业的数据，按保密规则不予公布",
}
SUPPRESSED = "suppressed"
"""Of a table for the public: the value is there and is not shown. No computation raises it."""
FRAME = "frame"
"""Of a value of the nation: the filings do not cover the frame (`coverage.flagged`). No computation of sums raises it."""
_BITS = {name: 1 << place for place, name in enumerate(FLAGS)}


def bit(name: str) -> int:
    """The bit of a flag; KeyError for one that is not declared here."""
    return _BITS[name]


def mark(conditions: Iterable[tuple[str, pl.Expr]]) -> pl.Expr:
    """An integer with the bits of the flags whose condition holds (a null does not)."""
    raised = [pl.when(holds).then(pl.lit(_BITS[name], pl.Int64)).otherwise(0) for name, holds in conditions]
    return pl.sum_horizontal(raised) if raised else pl.lit(0, pl.Int64)


def has(name: str, bits: str = "bits") -> pl.Expr:
    return (pl.col(bits) & _BITS[name]) != 0


def merge(bits: str = "bits") -> pl.Expr:
    """The flags of all rows of a group."""
    return pl.col(bits).bitwise_or()


def text(bits: str = "bits") -> pl.Expr:
    """`coverage,partial`, null without flags."""
    named = [pl.when(has(name, bits)).then(pl.lit(name)) for name in FLAGS]
    return pl.concat_str(named, separator=",", ignore_nulls=True).replace("", None)


def sentences(flags: str | None) -> list[str]:
    """The Chinese sentences of a cell of the table."""
    return [FLAGS[name] for name in flags.split(",")] if flags else []
