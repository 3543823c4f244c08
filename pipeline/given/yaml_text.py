"""YAML of people: what is plain enough to be read, what it says, and on which line something stands.

A few lines with aliases, or without an end, may unfold into gigabytes."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

_DEEPEST = 20
_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}")


class NotPlain(Exception):
    """YAML that is refused: why, in Chinese, and on which line (from 1)."""

    def __init__(self, why: str, at: yaml.Event | yaml.Node | int) -> None:
        super().__init__(why)
        mark = None if isinstance(at, int) else at.start_mark
        self.why, self.line = why, at if isinstance(at, int) else mark.line + 1 if mark else 1


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

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """Raises NotPlain for a value that PyYAML takes for a number or a time and cannot read (25:61:00)."""
        try:
            return super().construct_object(node, deep)
        except (ValueError, KeyError, AttributeError, OverflowError):
            raise NotPlain(f"“{str(node.value)[:40]}”不是有效的取值，文字请加引号", node) from None


def read(text: str) -> tuple[yaml.Node | None, Any]:
    """The tree of a text, for `line_of`, and what it says. Raises NotPlain: as `check_plain` without aliases, where a key stands
    twice, and where it is no YAML."""
    try:
        check_plain(text)
        node = yaml.compose(text, Loader)
        if twice := said_twice(node):
            raise NotPlain(f"{twice[0]} 写了两次，只能写一次", twice[1])
        return node, None if node is None else Loader("").construct_document(node)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise NotPlain("含有不可见的控制字符，请删除", line) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        why = "不是有效的 YAML，请检查缩进、括号、引号和冒号后的空格"
        raise NotPlain(why, mark.line + 1 if mark else 1) from None


def first_fault(error: ValidationError) -> tuple[ErrorDetails, tuple[int | str, ...]]:
    """The fault that is told of what does not fit a model, and where it stands: below its part where `ctx` says so (`at`). A
    misspelt key is also a missing one; the spelling is what has to be mended."""
    first = min(error.errors(), key=lambda fault: fault["type"] != "extra_forbidden")
    return first, (*first["loc"], *first.get("ctx", {}).get("at", ()))


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
            name = str(key.value)
            if name in seen:
                return name, key.start_mark.line + 1
            seen.add(name)
            if found := said_twice(value):
                return found
    elif isinstance(node, yaml.SequenceNode):
        return next(filter(None, map(said_twice, node.value)), None)
    return None
