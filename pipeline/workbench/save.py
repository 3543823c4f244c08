"""How is what was tried kept? In the province's file, with reason and date; comments and order there stay."""

from __future__ import annotations

import datetime as dt
import difflib
import io
import re
import stat
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from pipeline.errors import ParameterError
from pipeline.given import params
from pipeline.given.params import CONDITIONS
from pipeline.layout import Layout
from pipeline.output import placed
from pipeline.workbench.trial import Trial

HEAD = "# yaml-language-server: $schema=../schema.json\n# {name}的参数。\n"
REASON = 200  # characters at most
JOINER = "\u200d"  # in an emoji of several
BOM = "\ufeff"


@dataclass(frozen=True)
class Change:
    """The province's file as it is and as it would be."""

    path: Path
    before: str
    after: str

    def diff(self, root: Path) -> str:
        """Line by line, as `diff -u` tells it."""
        name = self.path.relative_to(root).as_posix()
        before, after = (text.splitlines(keepends=True) for text in (self.before, self.after))
        return "".join(difflib.unified_diff(before, after, name, name, n=1))


def change(layout: Layout, trial: Trial, reason: str, today: dt.date) -> Change:
    """What `write` would write of `trial`: a measure under the scenario, a condition (the same in all scenarios) under
    `all`, unless the file has it under a scenario, which would go before. Raises ParameterError, also for the nation, which has no file."""
    if trial.region.is_nation:
        raise ParameterError(
            "what_if.nation",
            f"全国是各省之和，没有自己的参数文件；要改各省共同的取值，请改 notebooks/params/scenarios/{trial.scenario}.yml 或 defaults.yml",
        )
    told = " ".join(reason.split())
    if not told or not told.replace(JOINER, "").isprintable() or len(told) > REASON:
        raise ParameterError(
            "what_if.reason",
            f"保存时要写明理由（命令行用 --reason）：一行文字，不超过 {REASON} 个字，没有不可见的字符",
        )
    path = layout.params / "provinces" / f"{trial.region.slug}.yml"
    before = _read(path)
    plain = before.removeprefix(BOM).replace("\r\n", "\n")
    yaml = YAML()
    yaml.width, yaml.preserve_quotes, yaml.explicit_start = 10_000, True, plain.startswith("---")
    if indented := re.search(r"^( +)[^\s#-]", plain, re.MULTILINE):
        yaml.map_indent = len(indented[1])
    tree = yaml.load(plain) if plain.strip() else None
    only_comments = "" if tree else plain and f"{plain.rstrip()}\n"
    tree = tree or CommentedMap()
    for key, text in written(trial).items():
        _set(_part(tree, key, trial.scenario), key, yaml.load(text), f"{today.isoformat()} {told}")
    out = io.StringIO()
    yaml.dump(tree, out)
    head = only_comments or ("" if before.strip() else HEAD.format(name=trial.region.name_zh))
    after = head + out.getvalue()
    after = after.replace("\n", "\r\n") if "\r\n" in before else after
    after = BOM + after if before.startswith(BOM) else after
    if after == before:
        raise ParameterError("what_if.same", f"{path.relative_to(layout.root).as_posix()} 里写的已是这样，没有可写的")
    return Change(path, before, after)


def write(layout: Layout, trial: Trial, found: Change) -> None:
    """Write `found`, and see that it can be read. Raises OutputError; ParameterError where the file was changed
    by somebody else in between."""
    name = found.path.relative_to(layout.root).as_posix()
    if _read(found.path) != found.before:
        raise ParameterError("what_if.changed", f"{name} 刚被改过，没有写入；请重新试算，再保存")
    mode = stat.S_IMODE(found.path.stat().st_mode) if found.path.is_file() else None
    if mode is not None and not mode & 0o222:
        raise ParameterError("what_if.read_only", f"{name} 是只读的，没有写入；请先取消只读，再保存")
    with placed(found.path, "参数文件") as beside:
        beside.write_bytes(found.after.encode())
        if mode is not None:
            beside.chmod(mode)
    params.resolve(layout, trial.region, trial.scenario)


def _read(path: Path) -> str:
    """The file with its own line ends; empty where there is none."""
    return path.read_bytes().decode("utf-8") if path.is_file() else ""


def written(trial: Trial) -> dict[str, str]:
    """Driver -> what is written of it, as YAML: `0.12`, `12%`, `[0.1, 0.12, 0.15]`, `trend(3)`."""
    found = {}
    for override in trial.overrides:
        key, _, text = unicodedata.normalize("NFKC", override).partition("=")
        parts = [part.strip() for part in re.split("[,、]", text.strip(" []()")) if part.strip()]
        found[key.strip()] = f"[{', '.join(parts)}]" if len(parts) > 1 else text.strip()
    return found


def _part(tree: CommentedMap, key: str, scenario: str) -> CommentedMap:
    """Where in the file the driver is written."""
    if key in CONDITIONS and not any(key in (part or {}) for part in (tree.get("scenarios") or {}).values()):
        return _below(tree, "all")
    return _below(_below(tree, "scenarios"), scenario)


def _below(tree: CommentedMap, name: str) -> CommentedMap:
    if not isinstance(tree.get(name), CommentedMap):
        tree[name] = CommentedMap()
    part: CommentedMap = tree[name]
    part.fa.set_block_style()  # a comment has no place within braces
    return part


def _set(part: CommentedMap, key: str, value: Any, comment: str) -> None:
    """What is new goes first, for comments that follow the last entry belong to it; of what is there the comment on its own
    line is replaced, and lines below it stay."""
    if key not in part:
        part.insert(0, key, value, comment=comment)
        return
    part[key] = value
    token = (part.ca.items.get(key) or [None] * 3)[2]
    if token is None:
        part.yaml_add_eol_comment(comment, key, column=0)
    else:
        token.value = f"# {comment}\n{token.value.partition(chr(10))[2]}"
