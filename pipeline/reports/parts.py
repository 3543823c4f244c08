"""The parts of a report, each a document of its own: two volumes, and sheets of one chapter."""

MAIN, ANNEX = "main", "annex"
"""The volumes: for readers, and for those who check."""
SHEETS = {"highlights": "00_", "profile": "12_"}
"""Parts that are one chapter of the main volume by itself, without cover and contents: how its notebook's name begins."""
PARTS = (MAIN, ANNEX, *SHEETS)
WHOLE = "chapter"
"""Everything that is there, one volume after the other: a chapter as its editor sees it."""
OPENING = "00_opening"
"""The notebook of what the publisher says before the first chapter: a sheet is without it."""


def volumes_of(part: str) -> tuple[str, ...]:
    """The volumes of which a part has something."""
    return (MAIN, ANNEX) if part == WHOLE else (ANNEX,) if part == ANNEX else (MAIN,)


def holds(part: str, notebook: str) -> bool:
    """Whether a part has what its volume has of a notebook."""
    return part not in SHEETS or (notebook.startswith(SHEETS[part]) and notebook != OPENING)


def named(stem: str, part: str) -> str:
    """The stem of a part's qmd file, and of what an engine makes of it."""
    return stem if part == MAIN else f"{stem}-{part}"
