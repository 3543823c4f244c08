"""What stands on the cover, in the page head and in the running heads."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.language.words import Words
from pipeline.reports.markup import text_markdown

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
    licence: str = ""

    @property
    def words(self) -> Words:
        return Words(self.language)

    def imprint(self) -> str:
        """The page that says who made it, which edition it is, how to cite it (GB/T 7714-2015, a report) and what one may do with
        it, as Markdown."""
        words = self.words
        told = {
            "publisher": self.publisher, "edition": self.edition, "date": self.printed_date, "about_data": self.sample,
            "how_to_cite": words("citation", publisher=self.publisher, title=self.title, edition=self.edition, region=self.region, year=self.date[0]),
            "licence": self.licence,
        }  # fmt: skip
        lines = [
            f"- **{words(f'imprint_{key}')}**{words('colon')}{text_markdown(text)}"
            for key, text in told.items()
            if text
        ]
        return "\n".join([f"# {words('imprint')}", "", *lines])

    @property
    def printed_date(self) -> str:
        return self.words.date(*self.date)
