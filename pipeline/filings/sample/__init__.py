"""Synthetic filings, to show and to test the whole chain: five made-up entities, 31 provinces, 2020 to 2025.

`calibration` says what they are made to meet, `world` and `narratives` make the canonical tables, `filers` writes them
as each entity would, `flaws` puts in the deliberate mistakes. `python -m pipeline.filings.sample [OUT]` writes all of
it; the same bytes every time.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl

from pipeline.errors import OutputError
from pipeline.filings import frame
from pipeline.filings.contracts import BY_NAME, TABLES
from pipeline.filings.rules import RULES
from pipeline.filings.sample import filers, narratives, parted, world
from pipeline.filings.sample.calibration import ENTITIES, YEARS, Published
from pipeline.filings.sample.flaws import Planted, plant
from pipeline.given import reference
from pipeline.layout import Layout

MARKER = "SAMPLE"
EDITION = "# 示例数据：虚构的填报\nkind: preliminary\nsample: true\n"


def generate(out: Path, layout: Layout) -> list[Planted]:
    """Write the sample below `out`, replacing an earlier one; the findings that checking it must give.

    Raises OutputError where `out` holds something that is no sample, DataError where published data are missing.
    """
    if out.exists():
        if not (out / MARKER).exists() and any(out.iterdir()):
            raise OutputError("output.not_sample", f"{out} 里有不是示例数据的内容；请换一个空文件夹。")
        shutil.rmtree(out)
    published = Published(layout)
    tables = _tables(published)
    found = filers.sheets(tables, world.provinces(published))
    planted, corrections = plant(found)
    filers.write(found, out)
    texts = {
        "README.md": _readme(planted),
        MARKER: "示例数据\n",
        "EDITION.yml": EDITION,
        "corrections.yml": corrections,
        frame.NAME: _frame(tables, published),
    }
    for name, text in texts.items():
        (out / name).write_text(text, encoding="utf-8", newline="\n")
    return planted


def _tables(published: Published) -> dict[str, pl.DataFrame]:
    """All fourteen tables, with the year in which a row is filed."""
    tables = {
        "entities": narratives.entities().with_columns(year=YEARS[0]),
        "cases": narratives.cases(published.layout).with_columns(year=YEARS[-1]),
        "standards": narratives.standards(),
        "measures": narratives.measures(published),
        **(of_world := world.tables(published)),
        "action_metrics": narratives.action_metrics(published, of_world),
        "equipment": parted.equipment(of_world["energy"]),
        "business": parted.business(of_world["energy"]),
    }
    return {table.name: tables[table.name] for table in TABLES}


def _frame(tables: dict[str, pl.DataFrame], published: Published) -> str:
    """The sample's own frame, in which its five made-up entities are the whole industry."""
    own = "示例数据：五家虚构单位即全行业"
    of_table = ("energy", "activity", "sites", "data_centres", "rooms", "base_stations")
    kinds = [kind for _, kind in ENTITIES.values()]
    rows: list[tuple[str, str, int, float, str]] = [
        (name, frame.PROVINCES, YEARS[-1], 31, "个") for name in (frame.ANY, *of_table)
    ]
    for name in of_table:
        filing = tables[name].select("entity_id").unique()["entity_id"]
        for kind in dict.fromkeys(kinds):
            n = sum(of == kind and code in filing for code, (_, of) in ENTITIES.items())
            rows += [(name, f"{frame.ENTERPRISES}{kind}", YEARS[-1], n, "家")] if n else []
    ends = reference.series(published.rows, "bs5g", "全国").filter(pl.col("year") >= YEARS[0] - 1)
    rows += [
        ("base_stations", "stations_5g", year, value, "个") for year, value in ends.select("year", "value").iter_rows()
    ]
    traffic = tables["activity"].filter(metric="mobile_traffic", year=YEARS[-1])["value"].sum()
    racks = tables["data_centres"].filter(year=YEARS[-1])["racks_in_use"].sum()
    rows += [
        ("activity", "mobile_traffic", YEARS[-1], round(float(traffic) / 1e5, 2), "亿GB"),
        ("data_centres", "racks_in_use", YEARS[-1], float(racks), "架"),
    ]
    lines = [
        ",".join((table, measure, "000000", str(year), str(value), unit, own))
        for table, measure, year, value, unit in rows
    ]
    return "\n".join([",".join(frame.COLUMNS), *lines, ""])


# --- the README --------------------------------------------------------------------------------------------

_README = """# 示例填报数据

本文件夹是程序生成的示例数据，用于演示和测试。五家单位均为虚构，不代表任何企业；除下文注明取自公布数据的几项外，数值都是合成的，不得引用。由此生成的报告带“示例数据”字样。

## 内容

五家单位（{entities}）、31 个省（区、市）、2020—2025 年、全部十四张表。没有设数据中心企业：单位信息流量综合能耗只计基础电信、铁塔和广电，而只有两家电信企业时，各省多数单元格不足三家，保密处理后无可展示。

| 单位 | 填报方式 | 计量单位 | 省份写法 |
| --- | --- | --- | --- |
| 示例电信甲 JIA | 每年一个 xlsx 工作簿，一表一页，表上有标题、表下有注 | 万千瓦时、吨、亿GB、亿元，用水量 万吨 | 全称 |
| 示例电信乙 YI | 每表一个 xlsx | kWh、kg、TB、万元 | 简称 |
| 示例电信丙 BING | Parquet，英文表头 | MWh、t、EB、PB | 六位代码 |
| 示例铁塔 TIETA | 工作簿，站址用 Parquet | 万kWh、吨、百万千焦 | 简称 |
| 示例广电 GUANGDIAN | GB18030 编码的 CSV，能源消耗按月填报 | 千瓦时、公斤、万GB、元 | 简称与别名混用 |
| 示例协会 | 单位名录、应用场景、标准 | | 简称 |

按填报年份分文件夹。行动进展和行动指标自 2022 年（计划印发之年）起填报；管理制度等事项（绿色低碳管理部门、碳排放信息披露等，供企业评价用）只在 2025 年填报，省份为“全国”。示例广电 2022 年起有移动业务，没有自建基站。在网设备和业务能耗两张表是选填的，只有三家电信企业填报 2024、2025 两年，由其能源消耗按假设的比例分出；厂商均为虚构。数据中心的冷却系统耗电量、能源再利用量、PUE 边界和是否含估算只有示例电信乙、丙自 2024 年起填报，示例电信甲的表里没有这些列。

## 校准

取自公布数据，必须相符：

- 各省移动互联网接入流量（2020—2024 年，精确到公布的末位）；2025 年全国按公布的 1—3 月同比外推，再分到各省。
- 全国 5G 基站数：填报的是年内平均在网数，等于公布的上年末与本年末之平均（2019 年末公布为“超13万个”，按 13 万计）。4G 同此，缺的年份为内插。
- 全国电信业务总量指数：各年按上年价格之和比上年按当年价格之和，等于公布的增速。

合成而取值合理：信息流量 2025 年约为 2020 年的 1.97 倍；综合能耗约 1.5 倍，2025 年约 1550 万吨标准煤，2020 年约 5.1 kgce/TB；2025 年单位信息流量综合能耗比 2020 年下降两成多，单位电信业务总量综合能耗下降三成；数据中心、核心机房、站址共享、基站能效、绿电占比的全国值多数达到计划目标，部分省份没有达到。常数及来源见 `pipeline/filings/sample/calibration.py`。

几处简化：

- 站址表是样本，不是普查：每年 4400 处新建站址，另有每省 22 处存量站址，建成以后逐年填报，多数由示例铁塔填报。站址数不能与基站数比较。
- 接入、汇聚机房按片区合并，一行代表一个片区的机房；核心机房一间一行。
- 铁塔向三家电信企业转供基站用电，对方按受供填报，两边一致；铁塔自用的基站电量没有对应的基站行。

## 有意留下的差错

检查（`green-report check data/raw/sample`）应恰好报出下列各处，没有别的。错误的行退回；提示的行保留，但已被后来的填报更新的、按更正不采用的除外。

| 文件 | 工作表 | 行 | 表 | 列 | 规则 | 性质 | 内容 |
| --- | --- | --- | --- | --- | --- | --- | --- |
{flaws}

另有：

- `corrections.yml` 两条：一条换算（示例电信乙 2023 年宁夏其他用电，MWh 的数填在 kWh 下，更正后不再报出），一条不采用（同一栋楼两家填报）。
- `frame.csv` 示例自己的填报范围表：五家虚构单位即全行业，所以覆盖率接近 100%，八项目标都有判断。真实填报不放这个文件，用 `data/raw/reference/frame.csv`。
- 示例电信乙 2025 年业务量有一行“全国”，与各省合计一致，只作核对，不计入汇总。

## 检查按什么判断

填报是人写的，下列判断靠的是写法和常理，可能与本意不符；报出时说明在哪里、应怎样写，改成所说的写法即可。

- 表名：工作表名或文件名应含且只含一张表的名称；看不出是哪张表的不读取。名称带“说明”“目录”“封面”等字样或隐藏的工作表里没有表头的，按说明页跳过。
- 编码：CSV 应为 UTF-8（可带 BOM）或 GB18030；其他编码、有一处坏字节的，整个文件不读取，并指出位置；按 GB18030 读出的不像中文的（可能是 Big5 等）也是。以逗号、制表符或分号分隔，哪一种由表头看出。引号不成对、能有两种分法的，换行有两种写法的，整个文件不读取，并指出行号。
- 表头：前 20 个非空行里第一个含有两个已知列名的行。表头应是一行；表头分两行、一个工作表里有第二个表头、“上年”与“本年”并列的，不读取；并排的两张表只读左边一张，并告知。表头之上“填报单位 | 某某”一类的标签行不是表头。
- 重复的列：两列表头是同一含义（如“标准机架数”和“标准机架”）而内容不同的，整张表不读取；内容相同的只读前一列并提示。
- 不是数据的行：表头之上的行、表下只有一格且以“注”“说明”“单位：”“填表人”等开头的行、表头下三行内以“示例”开头的行，不读取，只报行数。表中又写一遍的表头、占几格的落款（填表人、审核、日期等），整行退回。单元格比表头多的行退回，少的按空读取并提示。编号、选项、年月等列里纵向合并的单元格，各行都按首格的值读取。
- 计量单位：写在表头括号里或“计量单位”列里，只写一处。两处不一致、单元格里又带“万”、单位只写在标题、注、工作表名、文件名里或表头下面另有单位行的，不读取或退回；个数的列（机架数、基站数等）括号里只可写 个、架、座、万个 等或口径说明，写 kW、%、年 的整张表不读取；表头写有 kWh、% 等单位而“计量单位”列是 件、个 的，应用场景的基准单耗与项目单耗单位不同的，也是。单元格格式把数放大缩小显示的（0"万"、0!.0,），按显示的读取或不读取。
- 数：可写千分位逗号（三位一组）、全角数字、“1.2亿”“3万”“85%”；“1,5”不读取，因为可能是 1.5 或 15。“—”“/”“无”“N/A”一类按空读取。超过 10^15 的退回；比上年变动超过 3 倍、或相差约千倍万倍（像是单位不同）的提示。
- 公式：读取保存的计算结果；没有结果的（公式没有计算过，或由不会计算的程序写成 0），告知并不读取，不当作 0 或空；有空的公式（<f/>）的工作表整张不读取。写出文件的程序要求打开时重新计算的，结果照样读取，并提示可能过时。错误值（#DIV/0! 等）告知，不读取。
- 隐藏的工作表、行、列：有数据的也读取，并告知。
- 合计行：编号、名称、选项等任一列写有合计、小计、总计、共计、总和、累计、汇总、∑、Total、Subtotal、Sum 或“其中…”（繁体、中间有空格、带括号、前面或后面的括号里写着范围如“全省合计”“合计（全省）”也算）的整行退回；这些字后面还有别的内容的名称（如“合计算力中心”“汇总机房”）不受影响。说明性的选填列里，整格只写合计一类字样的才算。
- 编号：表格软件会改写编号。带 ="…" 或单引号（'001）的、成了 #REF! 一类错误值的、写成科学计数法的、变成日期的、16 位以上而末尾成了 0 或明显不是原数的，退回；只有数字的编号丢了开头的 0（001 变成 1）而对不上已登记的单位的，指出登记的是哪一个。编号和名称里有乱码（由编码不对的程序写出）的退回。编号和名称除全角改半角、去掉首尾空格外照原样保存（①、² 不改成数字）。
- 日期：YYYY、YYYY-MM 或 YYYY-MM-DD（2023年5月、2023/5 也可），后面写有其他文字的、没有这一天的退回；2023.5 不读取，因为也可能是 2023.10。
- 月份：1 至 12，逐月填当月数；“1-3月”、季度、上半年一类退回；一年不足 12 个月的提示，因为报告不计这一年；12 个月只增不减、12 月达到 1 月 5 倍以上的，提示像是累计数。
- 百分数：单位是 % 的超过 100 退回，大于 0 而不足 1 的提示；比例列为 0 至 1 或带 %。
- 不能同时成立的：建成、投产、改造晚于数据年份，在用机架或液冷机架多于标准机架，监测的基站多于基站，主设备耗电量大于耗电量，设备耗电量大于全年满载，移动流量大于信息流量；绿电大于总电量、PUE 小于 1 或大于 5、共建而只有一个租户的退回，PUE 小于 1.02 或大于 3、每站每年 2 至 60 MWh 之外的提示；以及同一个数在两张表里不一致（监测的基站、液冷机架、数据中心用水、各类设施的用电、按设备和按业务分的能耗）。除已写明退回的和改造年份外只提示，并写出两个数。
- 大小：工作簿和 Parquet 解压后 200 MiB、CSV 1 GiB、一张工作表 2000 万格、CSV 5000 万格、有内容的列 1000 列、内容宽 4000 列以上的，格数远多于文件所能有的 Parquet，不读取，并写出上限；压缩比超过 200 的按压缩炸弹不打开。要退回的超过 30 万行的表，整张不读取，只说第一处。

## 重新生成

```
python -m pipeline.filings.sample
```

默认写到 `data/raw/sample`，先清除旧的。所有“随机”取值都由键的散列决定，在锁定的环境（requirements.lock）中重新生成，逐字节相同。
"""
_SEVERITIES = {"error": "错误", "warning": "提示"}


def _readme(planted: list[Planted]) -> str:
    entities = "、".join(f"{name}（{code}）" for code, (name, _) in ENTITIES.items())
    return _README.format(entities=entities, flaws="\n".join(map(_line, planted)))


def _line(one: Planted) -> str:
    table, rule = BY_NAME[one.table], RULES[one.rule]
    column = table.column(one.column).zh if one.column else ""
    cells = (
        one.file,
        one.sheet,
        one.row,
        table.zh,
        column,
        f"`{one.rule}` {rule.title}",
        _SEVERITIES[rule.severity],
        one.what,
    )
    return "| " + " | ".join("" if cell is None else str(cell) for cell in cells) + " |"
