"""What stands on the cover, in the page head and in the running heads."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.language.words import Words

TITLE, SAMPLE = Words("zh")("report_title"), Words("zh")("report_sample")
KINDS = {kind: Words("zh")(f"report_{kind}") for kind in ("preliminary", "final")}


@dataclass(frozen=True)
class Front:
    """The words of the cover; date: year, month, day; language: a key of `words.LANGUAGES`."""

    title: str
    region: str
    edition: str
    publisher: str
    date: tuple[int, int, int]
    sample: str = ""
    language: str = "zh"

    @property
    def words(self) -> Words:
        return Words(self.language)

    @property
    def printed_date(self) -> str:
        return self.words.date(*self.date)
