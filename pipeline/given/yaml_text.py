"""Which YAML is plain enough to be read? A few lines with aliases, or without an end, may unfold into gigabytes."""

from __future__ import annotations

import datetime as dt
import re

import yaml

_DEEPEST = 20
_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}")


class NotPlain(Exception):
    """YAML that is refused: why, in Chinese, and on which line (from 1)."""

    def __init__(self, why: str, event: yaml.Event) -> None:
        super().__init__(why)
        self.why, self.line = why, event.start_mark.line + 1 if event.start_mark else 1


def check_plain(text: str, aliases: bool = False) -> None:
    """Raises NotPlain where the text has aliases (unless they are allowed), is nested too deeply, or names a day that does
    not exist; else yaml.YAMLError where it is no YAML."""
    depth = 0
    for event in yaml.parse(text, yaml.SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise NotPlain("嵌套太深", event)
        if isinstance(event, yaml.AliasEvent) and not aliases:
            raise NotPlain(f"引用了别名 *{event.anchor}，应直接写出取值", event)
        if isinstance(event, yaml.ScalarEvent) and event.implicit[0] and _DATE.fullmatch(event.value):
            try:
                dt.date(*map(int, event.value.split("-")))
            except ValueError:
                raise NotPlain(f"{event.value} 不是一个日期", event) from None
