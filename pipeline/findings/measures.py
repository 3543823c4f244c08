"""How a quantity is called and printed, and which of its values are there."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from pipeline import wording

Values = Mapping[str, float | None]


def _shows(text: str) -> bool:
    """Whether more than zero is printed."""
    return any(digit in "123456789" for digit in text)


@dataclass(frozen=True)
class Measure:
    """How a quantity is called and printed. scale: `big` counts in 万 and 亿, `percent` takes ratios.

    moves: whether it grows as amounts do (增至), or rises as rates do (升至). counted_in: 万, 亿, 万亿 or "" for a `big` one that
    is told with others (`among`); None for its own. is_change: a relative change, whose direction is told in words: its name ends in 变动.
    """

    name: str
    unit: str = ""
    decimals: int = 1
    scale: Literal["plain", "big", "percent"] = "plain"
    moves: Literal["amount", "rate"] = "amount"
    counted_in: str | None = None
    is_change: bool = False

    def say(self, value: float | None) -> str:
        """`value` as printed in Chinese, with its unit: `3,375.9 亿GB`, `483.8 万个`, `43.1%`; `—` if missing, `〔保密〕` if
        withheld."""
        if not is_there(value):
            return wording.absent(value)
        if self.scale == "percent":
            return wording.percent(value, self.decimals)
        if self.scale == "big":
            return wording.big(value, self.unit, self.decimals, self.counted_in)
        return f"{wording.number(value, self.decimals)} {self.unit}".rstrip()

    def among(self, values: Iterable[float | None]) -> Measure:
        """The measure with which all of `values` are told in one sentence, in one unit: that of the largest, or of the
        smallest where it would print as nothing (`由 7,374 tce 增至 41,300,000 tce`)."""
        sizes = sorted(abs(value) for value in values if value is not None and math.isfinite(value) and value)
        sizes = [
            size for size in sizes if _shows(wording.big(size, "", self.decimals))
        ]  # the others are nothing in any unit
        if self.scale != "big" or not sizes:
            return self
        together = replace(self, counted_in=wording.scale_of(sizes[-1], self.decimals))
        if not _shows(together.say(sizes[0]).removesuffix(self.unit)):
            return replace(self, counted_in=wording.scale_of(sizes[0], self.decimals))
        return together

    def of(self, subject: str) -> str:
        """The quantity with its owner before it, in Chinese: `广东流量`, `广东 5G 基站`."""
        return subject + (" " if subject and self.name[:1].isascii() else "") + self.name

    def gap(self, one: float, other: float) -> int:
        """1, 0 or -1: `one` above, like, or below `other`, as printed."""
        return 0 if self.say(one) == self.say(other) else (one > other) - (one < other)

    def way(self, change: float) -> int:
        """Of a change: 1 up, -1 down, 0 where it prints as none."""
        return self.gap(change, 0.0) if _shows(self.say(change).removesuffix(self.unit)) else 0


@dataclass(frozen=True)
class Quantity:
    """A value with its measure, printed as this prints it: also where it is missing or not published."""

    measure: Measure
    value: float | None


def is_there(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def there(values: Values) -> dict[str, float]:
    """The values that are numbers."""
    return {name: value for name, value in values.items() if value is not None and math.isfinite(value)}


def withheld(values: Values) -> list[str]:
    """The names whose value is not published."""
    return [name for name, value in values.items() if isinstance(value, wording.Withheld)]
