"""What has to be said beside a value, in English: see `findings.view`."""

from __future__ import annotations

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
from pipeline.language.en import cap, low, names, number, percent, say, text

THINGS = {"sites": "sites", "data_centres": "data centres", "rooms": "equipment rooms"}
"""What a quotient can stand on a few of, in the plural."""


@say.register
def _sentences(one: Sentences) -> str:
    told = [cap(said) for part in one.parts if (said := say(part))]
    return " ".join(said if said[-1] in ".!?" else f"{said}." for said in told)


@say.register
def _remarks(one: Remarks) -> str:
    """`no filings; …`; `China, 2025: …`."""
    told = "; ".join(low(say(part)) for part in one.parts)
    return f"{text(one.region)}, {one.year}: {told}" if told and one.year is not None else told


@say.register
def _formula(one: Formula) -> str:
    return f"{text(one.title)}: {low(text(one.formula))}".removesuffix(".")


@say.register
def _rests_on_few(one: RestsOnFew) -> str:
    things = THINGS[one.things]
    return f"{text(one.title)} rests on filings of {f'a single {things[:-1]}' if one.n == 1 else f'only {one.n} {things}'}"  # fmt: skip


@say.register
def _few_in(one: FewIn) -> str:
    return f"Based on fewer than {one.below} {THINGS[one.things]}: {names([text(name) for name in one.names])}"


@say.register
def _measured_at(one: MeasuredAt) -> str:
    parts = ", ".join(f"{text(name)} {percent(share)}" for name, share in one.shares)
    return f"{text(one.title)}, electricity by measurement category (ISO/IEC 30134-2): {parts}"


@say.register
def _covered(one: Covered) -> str:
    """`Provinces with filings: 2 of 31 (6.5%)`; of a total with its year; of the public's without amounts."""
    share = percent(one.share)
    if one.filed is None:
        said = f"{text(one.title)}: {share} filed in {one.year}"
    elif one.year is None:
        said = f"{text(one.title)}: {say(one.filed)} of {say(one.frame)} ({share})"
    else:
        whole, unit = say(one.frame), text(one.frame.measure.unit.lstrip("万亿"))
        filed = say(one.filed).removesuffix(f" {unit}")
        said = f"{text(one.title)}: {filed} of {whole} filed in {one.year} ({share})"
    return said + (f", table “{text(one.table)}”" if one.table else "")


@say.register
def _not_covered(one: NotCovered) -> str:
    return f"{say(one.covered)}, less than the {percent(one.needed, 0)} needed"


@say.register
def _covers_briefly(one: CoversBriefly) -> str:
    """`coverage: 2 of 31 provinces, 1.9% to 2.0% of racks in use (2024)`."""
    parts = [f"{one.provinces[0]} of {one.provinces[1]} provinces"] if one.provinces else []
    parts += [f"{' to '.join(shares)} of {low(text(title))} ({year})" for title, shares, year in one.totals]
    return "coverage: " + ", ".join(parts if one.totals else [*parts, "no total of the industry to compare with"])


@say.register
def _covers(one: Covers) -> str:
    tables = names([f"“{text(table)}”" for table in one.without])
    return (
        f"The filings cover the industry as follows: {'; '.join(low(say(part)).replace(': ', ' ', 1) for part in one.parts)}. "
        f"For {tables} there is no total of the industry to compare with. The coverage of each table is given in Appendix B."
    )


@say.register
def _filed_from(one: FiledFrom) -> str:
    some = len(one.filed) <= len(one.missing)
    told = f"Only {names([text(name) for name in one.filed])} filed" if some else f"{names([text(name) for name in one.missing])} did not file"  # fmt: skip
    n = len(one.filed)
    return f"{told} for {one.year}; national values are those of {f'these {n} provinces' if n > 1 else 'this one province'}, not of all 31."  # fmt: skip


@say.register
def _to_target(one: ToTarget) -> str:
    """`0.04 percentage points short of the target`, `0.05 better than the target`, `level with the target`."""
    if not one.way:
        return "level with the target"
    beyond = "more than" if one.unit and one.unit != "个百分点" else "better than"
    return f"{_amount(one)} {'short of' if one.way > 0 else beyond} the target"


@say.register
def _distance(one: Distance) -> str:
    """`0.04 points short`, `0.05 better`, `6 standards more`, `level`."""
    beyond = "more" if one.unit and one.unit != "个百分点" else "better"
    amount = _amount(one).replace(" percentage points", " points")
    return f"{amount} {'short' if one.way > 0 else beyond}" if one.way else "level"


def _amount(one: ToTarget) -> str:
    return f"{'less than ' if one.under else ''}{text(f'{one.amount} {one.unit}'.rstrip())}"


@say.register
def _needed(one: Needed) -> str:
    """`a fall of 5.7% a year needed from now on`."""
    way = ("an increase" if one.counted else "a rise") if one.way > 0 else ("a decrease" if one.counted else "a fall")
    return f"{way} of {text(f'{one.amount} {one.unit}'.rstrip())} a year needed from now on"


@say.register
def _suppressed(one: Suppressed) -> str:
    """`Public edition: of 6,538 values for 2025, 1,156 (17.7%) are withheld: …`."""
    if one.year is None:
        return "Public edition: there are no values computed from filings."
    share = f" ({percent(one.hidden / one.whole)})" if one.whole else ""
    parts = "; ".join(f"{low(text(rule))}, {number(n)}" for rule, n in one.by_rule)
    said = f"Public edition: of {number(one.whole)} values for {one.year}, {number(one.hidden)}{share} {'is' if one.hidden == 1 else 'are'} withheld"  # fmt: skip
    said += f": {parts}." if parts else "."
    if one.alone:
        many = one.alone > 1
        said += f" {number(one.alone)} {'ratios are' if many else 'ratio is'} published without numerator and denominator."  # fmt: skip
    return said
