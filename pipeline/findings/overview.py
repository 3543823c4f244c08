"""What the overview finds beside what all chapters find."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.findings.energy import PrintedChange


@dataclass(frozen=True)
class Changed(PrintedChange):
    """The same as a value that stands alone, not as the verb of a sentence."""
