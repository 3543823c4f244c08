"""What does a person see of a number in a workbook? 0.85 in the format `0%` is 85%, 7 in `000` is 007, 1.2 in `0"万"` 1.2万.

A workbook keeps the number and its format apart. What the format adds to the number's meaning (percent, a unit, leading
zeros, a date) belongs to the text of the cell; how many digits are shown does not. See ECMA-376, part 1, 18.8.30-31.
"""

from __future__ import annotations

import datetime as dt
import operator as op
import re
from decimal import Decimal
from functools import cache

_DATES = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}  # built-in formats of dates and times
_PERCENTS = {9, 10}
_GENERAL = re.compile("G/通用格式|General|Standard", re.IGNORECASE)
_TOKEN = re.compile(r'"[^"]*"|[\\!].|_.|\*.|\[[^\]]*\]|[eE][+-]|.', re.DOTALL)
_CONDITION = re.compile(r"\[(<=|>=|<>|<|>|=)\s*(-?[0-9.]+)\]")
_HOLDS = {"<": op.lt, "<=": op.le, ">": op.gt, ">=": op.ge, "=": op.eq, "<>": op.ne}
_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_NO_MEANING = re.compile(r"[\s()+\-¥￥]*")
_DIGITS = "0#?"
_LAST_DAY = 2_958_466  # the day after 9999-12-31
_EPOCHS = {False: dt.datetime(1899, 12, 30), True: dt.datetime(1904, 1, 1)}


def code_of(number: int, own: dict[int, str]) -> str:
    """The format of that number: one of the workbook's own, or a built-in one (all dates as one)."""
    return own.get(number) or ("0%" if number in _PERCENTS else "yyyy-mm-dd" if number in _DATES else "General")


@cache
def is_plain(code: str) -> bool:
    """Whether numbers in this format are seen as they are kept."""
    meanings = [_meaning(section) for section in _sections(code)]
    return code == "@" or all(
        one == ("number", "", "", 1) for at, one in enumerate(meanings) if at < 2 or one[0] != "other"
    )


def seen(number: str, code: str, from_1904: bool = False) -> str:
    """The text of `number` in the format, with all its digits.

    Where the format shows another number (thousands cut off, a point moved, words instead) the text says both, and is
    no number.
    """
    if code == "@":
        return number
    value = Decimal(number)
    section = _section(code, value)
    kind, before, after, zeros = _meaning(section)
    if kind == "date":
        return _date(value, from_1904) or number
    if kind == "other":
        return f"{number}（数字格式“{code}”显示的是另一个数）" if value else number
    if kind == "percent":
        number = f"{value.scaleb(2).normalize():f}%"
    elif kind == "scientific":
        number = f"{value.normalize():E}"
    elif zeros > 1 and re.fullmatch("[0-9]+", number):
        number = number.zfill(zeros)
    return f"{before}{number}{after}"


def _sections(code: str) -> list[str]:
    """The format's parts for positive, negative and zero numbers; the fourth one is that of texts."""
    parts = [""]
    for token in _TOKEN.findall(code):
        if token == ";":
            parts.append("")
        else:
            parts[-1] += token
    return parts[:3]


def _section(code: str, value: Decimal) -> str:
    sections = _sections(code)
    conditions = [_CONDITION.search(one) for one in sections]
    if any(conditions):
        for section, found in zip(sections, conditions, strict=True):
            if found is None or _HOLDS[found[1]](value, Decimal(found[2])):
                return section
        return sections[-1]
    at = 0 if value > 0 or len(sections) == 1 else 1 if value < 0 else 2 if len(sections) > 2 else 0
    if not value and _meaning(sections[at])[0] == "other":
        at = 0  # a zero that is shown as a dash, or not at all, is a zero
    return sections[at]


@cache
def _meaning(section: str) -> tuple[str, str, str, int]:
    """(number | percent | scientific | date | other, the words before the number, those behind it, least digits)."""
    if _ELAPSED.search(section):
        return "date", "", "", 1
    plain = _GENERAL.sub("\0", section)
    figures, words = "", ["", ""]  # the words before the first placeholder, and behind it
    inner = ""  # words that a further placeholder may follow
    for token in _TOKEN.findall(plain):
        if len(token) > 1 and token[0] in "_*":
            continue
        if token[0] == "[" and len(token) > 1:
            words[bool(figures)] += token[2:].partition("-")[0].rstrip("]") if token[1] == "$" else ""
        elif token in "0#?\0.,%/" or (len(token) == 2 and token[0] in "eE"):
            if token in _DIGITS and words[1].strip() and ("-" in words[1] or not _NO_MEANING.fullmatch(words[1])):
                inner = words[1]
            figures += token
        elif len(token) > 1:
            words[bool(figures)] += token[1:-1] if token[0] == '"' else token[1]
        elif token in "yYmMdDhHsSbBgGeaA上下" and not re.search("[0#?]", figures):
            return "date", "", "", 1
        else:
            words[bool(figures)] += token
    before, after = (("" if _NO_MEANING.fullmatch(one) else one.strip()) for one in words)
    whole = re.split(r"[.%\0/eE]", figures.replace("\0", ""))[0]
    if inner or not re.search(r"[0#?\0]", figures) or re.search(r"[0#?],+(?![,0#?])", figures) or "%%" in figures:
        return "other", before, after, 1
    if re.search("[eE]", figures):
        return "scientific", before, after, 1
    if "%" in figures:
        return "percent", before, after, 1
    return "number", before, after, max(1, whole.count("0") if "," not in whole else 1)


def _date(value: Decimal, from_1904: bool) -> str | None:
    """2024-05-01, 2024-05-01 12:30:00 or 12:30:00; None where no day has this number."""
    if not 0 <= value < _LAST_DAY or (not from_1904 and 60 <= value < 61):
        return None
    days = int(value) + (1 if 1 <= value < 60 and not from_1904 else 0)  # 1900 counts as a leap year
    seconds = round((value - int(value)) * 86_400)
    moment = _EPOCHS[from_1904] + dt.timedelta(days, seconds)
    if value < 1:
        return f"{moment:%H:%M:%S}"
    return moment.isoformat(" ").removesuffix(" 00:00:00")
