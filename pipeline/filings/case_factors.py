"""Which published factor turns what a case saves into CO2, where the case files none of its own?"""

from __future__ import annotations

from pipeline.errors import DataError
from pipeline.filings.contracts import BY_NAME, fold
from pipeline.given import units

CO2 = "co2"
_CANONICAL = {CO2: "kgCO2", "electricity": "kWh", "diesel": "kg", "gasoline": "kg", "lpg": "kg", "raw_coal": "kg", "natural_gas": "m3"}  # fmt: skip


def carriers() -> list[str]:
    """The Chinese names of the carriers that have published factors."""
    members = BY_NAME["energy"].column("carrier").members
    return [spelt[0] for code, spelt in members.items() if code in _CANONICAL]


def basis(carrier: str | None, unit: str | None) -> tuple[str, float] | None:
    """The carrier's code (`co2` where the saving is filed in CO2 itself) and how many kWh, kg, m3 or kgCO2 one `unit` is.

    None where there is no published factor: an unknown carrier or unit, or one that does not fit the other.
    """
    for code in (CO2, _code(carrier)):
        if code in _CANONICAL and unit:
            try:
                return code, float(units.ratio(unit, _CANONICAL[code]))
            except DataError:
                continue
    return None


def _code(carrier: str | None) -> str | None:
    members = BY_NAME["energy"].column("carrier").members
    folded = fold(carrier or "")
    return next((code for code, spelt in members.items() if folded in {fold(one) for one in (code, *spelt)}), None)
