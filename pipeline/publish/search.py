"""By which spellings a reader finds a province."""

from __future__ import annotations

from pipeline.given import reference, regions
from pipeline.layout import Layout

PREFIX = 2  # digits of the aliases that only begin a code


def spellings(layout: Layout) -> dict[str, list[str]]:
    """Code -> everything that finds it, as `regions.fold` gives it: names, abbreviations (粤), cities with their own
    plan, codes, pinyin in full (guangdong) and in initials (gd), and the English name.

    陕西 is found by shaanxi and, as it is spelled without tones, by shanxi, which finds 山西 too. Raises DataError.
    """
    found: dict[str, list[str]] = {}
    for alias, code in regions.aliases(layout).items():
        if not (alias.isdecimal() and len(alias) == PREFIX):
            found.setdefault(code, []).append(alias)
    for code, pinyin in reference.pinyin(layout).select("code", "pinyin").iter_rows():
        syllables = pinyin.split()
        found.setdefault(code, []).extend(["".join(syllables), "".join(one[0] for one in syllables)])
    return {code: list(dict.fromkeys(keys)) for code, keys in found.items()}
