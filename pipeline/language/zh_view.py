"""What has to be said beside a value, in Chinese: see `findings.view`."""

from __future__ import annotations

from pipeline import wording
from pipeline.findings import (
    Covered,
    Covers,
    CoversBriefly,
    Distance,
    FewIn,
    FiledFrom,
    Formula,
    MeasuredAt,
    Needed,
    NotCovered,
    Remarks,
    RestsOnFew,
    Sentences,
    Suppressed,
    ToTarget,
)
from pipeline.language.zh import say

THINGS = {"sites": "处", "data_centres": "座", "rooms": "间"}
"""What a quotient can stand on a few of, with its counter."""


@say.register
def _sentences(one: Sentences) -> str:
    told = [text for part in one.parts if (text := say(part))]
    return "".join(text if text.endswith("。") else f"{text}。" for text in told)


@say.register
def _remarks(one: Remarks) -> str:
    """`没有填报；…`; `2025 年广东：…`."""
    told = "；".join(map(say, one.parts))
    return f"{one.year} 年{one.region}：{told}" if told and one.year is not None else told


@say.register
def _formula(one: Formula) -> str:
    return f"{one.title}：{one.formula.rstrip('。')}"


@say.register
def _rests_on_few(one: RestsOnFew) -> str:
    return f"{one.title}只依据 {one.n} {THINGS[one.things]}的填报"


@say.register
def _few_in(one: FewIn) -> str:
    return f"依据不足 {one.below} {THINGS[one.things]}的：{wording.join_names(one.names)}"


@say.register
def _measured_at(one: MeasuredAt) -> str:
    """`数据中心平均PUE的电量中，PUE2（配电单元输出端）占 94.0%，未填类别占 6.0%（ISO/IEC 30134-2）`."""
    parts = "，".join(f"{name}占 {wording.percent(share)}" for name, share in one.shares)
    return f"{one.title}的电量中，{parts}（测量类别见 ISO/IEC 30134-2）"


@say.register
def _covered(one: Covered) -> str:
    """`有填报的省份 2 个，全行业 31 个，覆盖 6.5%`; of a total with its year; of the public's without amounts."""
    share, frame = wording.percent(one.share), say(one.frame)
    if one.filed is None:
        said = f"{one.title}的填报覆盖全行业的 {share}"
    elif one.year is None:
        said = f"{one.title} {say(one.filed)}，全行业 {frame}，覆盖 {share}"
    else:
        said = f"{one.title}填报 {say(one.filed)}，全行业 {frame}，覆盖 {share}"
    said += f"（{one.year} 年）" if one.year is not None else ""
    return said + (f"（{one.table}）" if one.table else "")


@say.register
def _not_covered(one: NotCovered) -> str:
    return f"{say(one.covered)}，不足 {wording.percent(one.needed, 0)}"


@say.register
def _covers_briefly(one: CoversBriefly) -> str:
    """`覆盖：31 个省份中的 2 个，在用机架的 1.9%—2.0%（2024 年）`."""
    parts = [f"{one.provinces[1]} 个省份中的 {one.provinces[0]} 个"] if one.provinces else []
    parts += [f"{title}的 {'—'.join(shares)}（{year} 年）" for title, shares, year in one.totals]
    return "覆盖：" + "，".join(parts if one.totals else [*parts, "没有可核对的全行业数"])


@say.register
def _covers(one: Covers) -> str:
    return (
        f"填报对全行业的覆盖：{'；'.join(map(say, one.parts))}；"
        f"{wording.join_names(one.without)}没有可核对的全行业数。各表的覆盖率见附录 B。"
    )


@say.register
def _filed_from(one: FiledFrom) -> str:
    some = len(one.filed) <= len(one.missing)
    told = f"只有{wording.join_names(one.filed)}的" if some else f"没有{wording.join_names(one.missing)}的"
    return f"{one.year} 年{told}填报，全国的数值是这 {len(one.filed)} 个省份的，不是 31 个省份的。"


@say.register
def _to_target(one: ToTarget) -> str:
    """`距目标还差 0.04 个百分点`, `优于目标 0.05`, `与目标持平`."""
    if not one.way:
        return "与目标持平"
    return f"{'距目标还差' if one.way > 0 else '优于目标'}{_amount(one)}"


@say.register
def _distance(one: Distance) -> str:
    """`还差 0.04 个百分点`, `优于 0.05`, `持平`."""
    return f"{'还差' if one.way > 0 else '优于'}{_amount(one)}" if one.way else "持平"


def _amount(one: ToTarget) -> str:
    return f"{'不足' if one.under else ''} {one.amount}{f' {one.unit}' if one.unit else ''}"


@say.register
def _needed(one: Needed) -> str:
    """`今后每年需下降 5.7%`."""
    way = ("增加" if one.counted else "上升") if one.way > 0 else ("减少" if one.counted else "下降")
    return f"今后每年需{way} {one.amount}{f' {one.unit}' if one.unit else ''}"


@say.register
def _suppressed(one: Suppressed) -> str:
    """`公开版：2025 年的 6,538 个数值中保密 1,156 个（17.7%）：……`."""
    if one.year is None:
        return "公开版：没有由填报计算的数值。"
    share = f"（{wording.percent(one.hidden / one.whole)}）" if one.whole else ""
    parts = "；".join(f"{rule} {wording.number(n)}" for rule, n in one.by_rule)
    said = f"公开版：{one.year} 年的 {wording.number(one.whole)} 个数值中保密 {wording.number(one.hidden)} 个{share}"
    said += f"：{parts}。" if parts else "。"
    return said + (f"{wording.number(one.alone)} 个比率只公布数值，不列分子、分母。" if one.alone else "")
