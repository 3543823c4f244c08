"""The rules by which the main volume is searched for words of the program find them, and nothing else."""

from __future__ import annotations

import pytest

from tests.build.readers import technical


@pytest.mark.parametrize(
    "text",
    [
        "指标 dc.pue.new_large 为", "见 public/x.csv", "在 data/raw/public 里", "sample.yml", "类型为 core_room", "运行 green-report explain",
        "加 --region 广东", "SHA-256", "9f86d081884c7d659a2f", "（C，G088）", "文件第 12 行", "值为 None", "其中 macro 占",
    ],
)  # fmt: skip
def test_words_of_the_program_are_found(text: str) -> None:
    assert len(technical(text)) >= 1


def test_words_of_the_field_are_not() -> None:
    said = (
        "PUE 1.3、WUE、kgCO₂/kWh、P10—P90；GB/T 7714-2015、ITU-T L.1333；5G 基站；工信部联通信〔2022〕103号；"
        "见 https://www.miit.gov.cn/a_b/index.html 第 12 章"
    )
    assert technical(said) == []
