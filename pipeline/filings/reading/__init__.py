"""Which rows of text stand in these files? What the other modules of the filings need."""

from pipeline.filings.reading.cells import clean, number
from pipeline.filings.reading.files import READABLE, own_yaml, read_file, read_folder
from pipeline.filings.reading.sheets import MIB, FileProblem, Limits, Reading, Sheet, Skipped, header_key
from pipeline.filings.reading.tables import BEYOND

__all__ = [
    "BEYOND",
    "MIB",
    "READABLE",
    "FileProblem",
    "Limits",
    "Reading",
    "Sheet",
    "Skipped",
    "clean",
    "header_key",
    "number",
    "own_yaml",
    "read_file",
    "read_folder",
]
