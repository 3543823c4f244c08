"""How a number becomes text: the one place where values are rounded, signed, scaled and put into words.

One sense of rounding: half away from zero (四舍五入), on the decimal that Python prints for the float
(`str`), so that 2.675 becomes 2.68 as a reader with a pencil expects, and not 2.67 as its binary form would.
A missing value (None, nan, inf) is `—`; one that is there and must not be shown (WITHHELD) is `〔保密〕`. The minus sign is
U+2212.
"""

from __future__ import annotations

import math
import operator
import re
import unicodedata
from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal

MISSING = "—"
HIDDEN = "〔保密〕"
MINUS = "−"
MAX_DECIMALS = 6
INVISIBLE = dict.fromkeys(
    [
        *range(0x09), *range(0x0B, 0x20), *range(0x7F, 0xA0), 0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F),
        *range(0x2066, 0x206A), 0xFFFE, 0xFFFF,
    ]
)  # fmt: skip
"""For `str.translate`, what texts of a report do not hold: they turn the direction of what follows, digits too, or XML
must not have them, so that no chart is drawn and no word processor opens the file."""


class Withheld(float):
    """A value that is not published. To whoever counts or compares it is no number (nan); printed it is HIDDEN."""

    def __new__(cls) -> Withheld:
        return super().__new__(cls, "nan")

    def _same(self, _: object) -> Withheld:
        return self

    __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __add__ = __radd__ = __sub__ = __rsub__ = _same


WITHHELD = Withheld()

_scripts = re.compile(
    r"(?P<address>https?://[^\s\x22]+)|(?<![A-Za-z0-9_.=-])(?:(?P<gas>(?:kg|[tg]|Mt|Gt)?CO)2(?=e?(?![A-Za-z0-9_]))"
    r"|(?P<metre>k?m)(?P<power>[23])(?![A-Za-z0-9_=-]))"
)
NO_TYPE = "〓"  # what a printer sets for a character that he has no type of

Number = float | Decimal | None

_HAN = "\u3400-\u9fff"
_COMPARATORS = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}
_WIDE = Context(prec=400)  # any float with its decimals; the default of 28 digits would raise
_SCALES = {"": Decimal(1), "万": Decimal(10**4), "亿": Decimal(10**8), "万亿": Decimal(10**12)}
NOISE = 1e-9  # of a value: by so much sums of binary fractions may be off, and no more is made of a difference


def scripts(text: str) -> str:
    """`kgCO₂/m³` for `kgCO2/m3`, which is how data and texts are written; addresses as they are."""

    def written(found: re.Match[str]) -> str:
        if found["gas"]:
            return f"{found['gas']}₂"
        return found["metre"] + {"2": "²", "3": "³"}[found["power"]] if found["metre"] else found[0]

    return _scripts.sub(written, text)


def number(value: Number, decimals: int | None = None, sign: bool = False) -> str:
    """`1,234.5`, `−0.3`, with `sign` also `+0.3`; as many decimals as it has when `decimals` is None.

    What rounds to zero has no sign.
    """
    exact = _decimal(value)
    return absent(value) if exact is None else _text(exact, decimals, sign)


def percent(ratio: Number, decimals: int = 1, sign: bool = False) -> str:
    """A ratio as a percentage: 0.123 -> `12.3%`."""
    exact = _decimal(ratio)
    return absent(ratio) if exact is None else _text(exact * 100, decimals, sign) + "%"


def change(ratio: Number, decimals: int = 1) -> str:
    """A relative change as a signed percentage: -0.25 -> `−25.0%`, 0.083 -> `+8.3%`."""
    return percent(ratio, decimals, sign=True)


def big(value: Number, unit: str, decimals: int = 1, scale: str | None = None) -> str:
    """A number with its unit, scaled by 万, 亿 or 万亿: (4838000, 个) -> `483.8 万个`.

    Unscaled, a whole number has no decimals. scale: `scale_of` another value, to tell both alike; what would be less than
    one of it has one decimal more (`0.74 万tce`).
    """
    exact = _decimal(value)
    if exact is None:
        return absent(value)
    name = scale_of(exact, decimals) if scale is None else scale
    scaled = exact / _SCALES[name]
    whole = not name and scaled == scaled.to_integral_value()
    small = scale is not None and abs(scaled) > 0 and abs(_round(scaled, decimals)) < 1
    places = 0 if whole else decimals + small
    return f"{_text(scaled, places)} {name}{unit}"


def rounded(value: float | Decimal, decimals: int) -> Decimal:
    """`value` half away from zero, as `number` prints it."""
    return _round(Decimal(str(value)), decimals)


def scale_of(value: Number, decimals: int = 1) -> str:
    """万, 亿, 万亿 or nothing: what `big` counts the value in. What rounds up to 10 000 of a scale moves to the next one."""
    exact = _decimal(value) or Decimal(0)
    for name, factor in _SCALES.items():
        scaled = exact / factor
        places = 0 if not name and scaled == scaled.to_integral_value() else decimals
        if abs(_round(scaled, places)) < 10_000:
            return name
    return list(_SCALES)[-1]


def rank(n: int | None, of: int) -> str:
    """`第 3 位（共 31 个）`."""
    return MISSING if n is None else f"第 {n} 位（共 {of} 个）"


def rise_or_fall(old: Number, new: Number, decimals: int = 1, points: bool = False) -> str:
    """The change from `old` to `new` in words: `上升 8.3%`, `下降 25.0%`, `持平`.

    With `points`, both are ratios and their difference is told: `上升 2.1 个百分点`. A change that rounds to
    zero is `基本持平`. Without one of the values, or relative to zero, it is `—`.
    """
    before, after = _decimal(old), _decimal(new)
    if before is None or after is None or (before == 0 and not points):
        return MISSING
    if before == after:
        return "持平"
    difference = (after - before) if points else (after - before) / abs(before)
    amount = abs(_round(difference * 100, decimals))
    if amount == 0:
        return "基本持平"
    return f"{'上升' if difference > 0 else '下降'} {amount:,f}{' 个百分点' if points else '%'}"


def compare(value: Number, reference: Number, decimals: int | None = None) -> str:
    """`高于`, `低于` or `相当于`: the last also when both print alike with `decimals`."""
    one, other = _decimal(value), _decimal(reference)
    if one is None or other is None:
        return MISSING
    if one == other or (decimals is not None and _round(one, decimals) == _round(other, decimals)):
        return "相当于"
    return "高于" if one > other else "低于"


def settled(value: float | Decimal, threshold: float | Decimal) -> Decimal:
    """The value as a decimal; the threshold itself where they differ by no more than NOISE of it: 0.19999999999 beside 0.2
    is 0.2."""
    exact, limit = Decimal(str(value)), Decimal(str(threshold))
    return limit if abs(exact - limit) <= Decimal(str(NOISE)) * abs(limit) else exact


def number_against(value: Number, threshold: float | Decimal, comparator: str, decimals: int = 1) -> str:
    """`value` with so many decimals that what is printed meets `threshold` just if the unrounded value does.

    79.96 against `>=` 80 is `79.96`, not `80.0`. `comparator` is >=, <=, > or <. At most 6 decimals; a value
    that still prints on the wrong side is then cut towards its own one (79.99999999 -> `79.999999`).
    """
    exact, limit = _decimal(value), _decimal(threshold)
    return absent(value) if exact is None or limit is None else _against(exact, limit, comparator, decimals)


def percent_against(ratio: Number, threshold: float | Decimal, comparator: str, decimals: int = 1) -> str:
    """`number_against` for two ratios, as a percentage: (0.7996, 0.8, `>=`) -> `79.96%`, with one decimal."""
    exact, limit = _decimal(ratio), _decimal(threshold)
    if exact is None or limit is None:
        return absent(ratio)
    return _against(exact * 100, limit * 100, comparator, decimals) + "%"


def join_names(names: Sequence[str]) -> str:
    """`广东、浙江`; `—` for none."""
    return "、".join(names) or MISSING


def punctuated(text: str) -> str:
    """A Chinese text with its full-width punctuation again, which filings lose when they are read (NFKC)."""
    text = re.sub(rf"\(([^()]*[{_HAN}][^()]*)\)", r"（\1）", text)
    return re.sub(rf"(?<=[{_HAN}”）])[,:;!?]|[,:;!?](?=[{_HAN}“（])", lambda mark: chr(ord(mark[0]) + 0xFEE0), text)


def base_letters(text: str) -> str:
    """`text` for whoever cannot set it as it is: without marks that combine and characters that only join, direct or
    vary others; NO_TYPE for what is beyond the basic plane."""
    apart = unicodedata.normalize("NFD", text)
    kept = [one for one in apart if unicodedata.category(one) not in ("Mn", "Me", "Cf", "Zl", "Zp")]
    whole = unicodedata.normalize("NFC", "".join(kept))
    return "".join(NO_TYPE if ord(one) > 0xFFFF or 0xD800 <= ord(one) < 0xE000 else one for one in whole)


def absent(value: object) -> str:
    """What stands for a value that is not told: HIDDEN if it is not published, else MISSING."""
    return HIDDEN if isinstance(value, Withheld) else MISSING


def _decimal(value: Number) -> Decimal | None:
    return None if value is None or not math.isfinite(value) else Decimal(str(value))


def _round(exact: Decimal, decimals: int, rounding: str = ROUND_HALF_UP) -> Decimal:
    return exact.quantize(Decimal(1).scaleb(-decimals), rounding=rounding, context=_WIDE)


def _text(exact: Decimal, decimals: int | None, sign: bool = False) -> str:
    rounded = exact.normalize(_WIDE) if decimals is None else _round(exact, decimals)
    mark = MINUS if rounded < 0 else "+" if sign and rounded > 0 else ""
    return f"{mark}{rounded.copy_abs():,f}"


def _against(exact: Decimal, limit: Decimal, comparator: str, decimals: int) -> str:
    exact, meets = settled(exact, limit), _COMPARATORS[comparator]
    ways = [(places, ROUND_HALF_UP) for places in range(decimals, MAX_DECIMALS + 1)]
    for places, rounding in [*ways, (MAX_DECIMALS, ROUND_FLOOR), (MAX_DECIMALS, ROUND_CEILING)]:
        rounded = _round(exact, places, rounding)
        if meets(rounded, limit) == meets(exact, limit):
            break
    return _text(rounded, places)
