"""What stands on the cover, in the page head and in the running heads."""

from __future__ import annotations

from dataclasses import dataclass

TITLE = "信息通信行业绿色低碳发展年度报告"
SAMPLE = "示例数据，非真实填报"
KINDS = {"preliminary": "预审稿", "final": "正式稿"}


@dataclass(frozen=True)
class Front:
    """The words of the cover; date: year, month, day."""

    title: str
    region: str
    edition: str
    publisher: str
    date: tuple[int, int, int]
    sample: str = ""

    @property
    def printed_date(self) -> str:
        year, month, day = self.date
        return f"{year} 年 {month} 月 {day} 日"
