"""How long a text is when it is read aloud in Chinese: its syllables, numbers and units as they are spoken."""

from __future__ import annotations

import re

LETTERS = {
    "kWh": 3,
    "tce": 4,
    "tCO₂": 5,
    "kgCO₂": 5,
    "kgCO2": 5,
    "tCO2": 5,
    "GB": 3,
}  # 千瓦时, 吨标准煤, 吨二氧化碳, 吉字节
_number = re.compile(r"(\d[\d,]*)(\.\d+)?(%?)(?=(\s?年)?)")
_word = re.compile("|".join([*LETTERS, "[A-Za-z]"]))
HAN = re.compile(r"[\u3400-\u9fff]")


def whole(n: int) -> int:
    """Syllables of a whole number: 20 二十, 105 一百零五, 2067 两千零六十七."""
    if n < 10:
        return 1
    for size in (10**8, 10**4):
        if n >= size:
            rest = n % size
            return whole(n // size) + 1 + (0 if not rest else whole(rest) + (rest < size // 10))
    digits = str(n)
    told, gap = 0, False
    for place, digit in enumerate(digits):
        if digit == "0":
            gap = True
            continue
        told += gap + 1 + (place < len(digits) - 1)
        gap = False
    return told - (10 <= n < 20)  # 十二, not 一十二


def syllables(text: str) -> int:
    """Of Chinese text with numbers: 23.1% 百分之二十三点一 is 8, 2025 年 二零二五年 is 5, 5G is 2."""

    def number(found: re.Match[str]) -> int:
        n = int(found[1].replace(",", ""))
        spoken = 4 if found[4] and len(found[1]) == 4 else whole(n)
        return spoken + (len(found[2]) if found[2] else 0) + 3 * bool(found[3])

    numbers = sum(map(number, _number.finditer(text)))
    words = sum(LETTERS.get(one, 1) for one in _word.findall(text))
    return numbers + words + len(HAN.findall(text))
