"""What no reader of the main volume should meet: words of the program, its files and its data, by rules written here."""

from __future__ import annotations

import re

_ADDRESS = re.compile(r"https?://\S+|www\.\S+")
_MARKS = [
    r"\b(?:activity|bs|carbon|cases|dc|energy|green|quality|room|sharing|standards)\.[a-z_]\w*(?:\.\w+)*",  # indicators
    r"\b\w+\.(?:ya?ml|csv|parquet|json|ipynb|py|md|xlsx?|html|typ)\b",  # files
    r"(?<![\w/])(?:data|notebooks|reports|pipeline|tests|site)/\w\S*|\.\./\S*",  # paths
    r"\b[a-z][a-z0-9]*_[a-z0-9_]+\b",  # names of columns, parameters and members, such as core_room
    r"\bgreen-report\b|\bgit\b|\bmake \w+|(?<!\w)--[a-z]\w+",  # commands
    r"\b(?=[0-9a-f]*[a-f])(?=[0-9a-f]*[0-9])[0-9a-f]{12,}\b|\bSHA-?\d*\b|哈希",
    r"\b[A-OQ-Z]\d{3}\b",  # rows of published tables, such as G088
    r"(?:文件|工作表)第 ?\d+ ?行|行号|参数名",
    r"\bNone\b|\bnan\b|\bnull\b|\btrue\b|\bfalse\b|\bundefined\b",
    # members of lists, as the tables of filings write them
    r"\b(?:macro|micro|indoor|outdoor|core|aggregation|access|electricity|diesel|gasoline|natural gas|office|building|"
    r"bilateral|direct line|self built|received|resold|operator|tower|hyperscale|large|medium|small|stock|retrofit)\b",
]  # fmt: skip
_FOUND = re.compile("|".join(_MARKS))
_PLACE = 30  # characters told on either side


def technical(text: str) -> list[str]:
    """What of `text` is not for readers, with its surroundings."""
    text = _ADDRESS.sub("", text)
    return [text[max(0, found.start() - _PLACE) : found.end() + _PLACE] for found in _FOUND.finditer(text)]
