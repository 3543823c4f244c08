"""YAML of people: what is plain enough to be read, and on which line something stands.

A few lines with aliases, or without an end, may unfold into gigabytes."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable

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


class Loader(yaml.SafeLoader):
    """SafeLoader with YAML 1.2 booleans: otherwise the key `no` would be read as false."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own way of declaring it
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool" or first in "tTfF"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def line_of(node: yaml.Node | None, path: Iterable[int | str]) -> int:
    """The line (from 1) where the thing at `path` stands, or the nearest thing around it that is there."""
    line = node.start_mark.line + 1 if node else 1
    for step in path:
        if isinstance(node, yaml.MappingNode):
            found = [(key, value) for key, value in node.value if key.value == str(step)]
            if not found:
                break
            key, node = found[0]
            line = key.start_mark.line + 1
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
        else:
            break
    return line


def said_twice(node: yaml.Node | None) -> tuple[str, int] | None:
    """The first key that stands twice in one mapping, and the line of the second."""
    if isinstance(node, yaml.MappingNode):
        seen = set[str]()
        for key, value in node.value:
            if key.value in seen:
                return key.value, key.start_mark.line + 1
            seen.add(key.value)
            if found := said_twice(value):
                return found
    elif isinstance(node, yaml.SequenceNode):
        return next(filter(None, map(said_twice, node.value)), None)
    return None
