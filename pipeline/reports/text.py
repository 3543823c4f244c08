"""A chapter's text: Markdown with Jinja2, `notebooks/text/<language>/<notebook>.md`, filled with what the notebook tells.

It has no data and does no arithmetic: what it says was computed in the notebook. Lines that follow each other are one
paragraph, a line of which tags leave nothing is none; `{{ figure("f-x") }}` stands where a figure or table stands, and nothing where the
notebook had nothing to draw.

What only the annex volume has is marked here: `## Heading {.annex}` is a section of it, up to the next heading of the first
or second level; `{{ table("t-x", annex=true) }}` is one figure or table of it, which stands there under its section's heading.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import jinja2
import nbformat
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from pipeline import wording
from pipeline.errors import DataError
from pipeline.language.facts import unpack
from pipeline.language.words import LANGUAGES, Words
from pipeline.reports.blocks import FACTS, MIME, NAMED_AS, NUMBERED, mime, preview
from pipeline.reports.markup import CHINESE_RUN, text_markdown

Payload = dict[str, Any]
WRONG = [
    (re.compile(r"'(\w+)' is undefined"), "没有“{}”这个名字；文字里只能用笔记本 chapter.tell 交来的名字"),
    (re.compile(r"has no attribute '(\w+)'"), "没有“{}”这一项；文字里只能用笔记本 chapter.tell 交来的名字"),
    (re.compile(r"No filter named '(\w+)'"), "没有 {} 这种印法；可用的有 {filters}"),
    (
        re.compile(r"unknown tag '(\w+)'"),
        "不认得 {{% {} %}}；可用的有 if、elif、else、endif、for、endfor、set、call、endcall",
    ),
    (re.compile(r"innermost block that needs to be closed is '(\w+)'"), "{{% {0} %}} 没有结束；少了 {{% end{0} %}}"),
    (re.compile(r"unexpected '(.+?)'"), "不应有“{}”；括号、引号要成对"),
    (re.compile(r"attribute '(\w+)' .* is unsafe"), "不能用 {}"),
]
"""What jinja2 says of a text that is wrong, and what is said instead."""
CLOSE = tuple(",.;:)")  # no space before these
CAPTION = ("title", "alt", "method")  # of a block, what is read as sentences
TEMPLATE = "<template>"  # jinja2's name for a text without a file
_OWN_LINE = re.compile(
    r"#{1,6} |\||:::|[-*>] |\d+[.)] |\s+[-*] |\[\]\{"
)  # Markdown that begins a line, joined to no other
ANNEX = re.compile(r" *\{\.annex\}$")
"""At the end of a heading: its section stands in the annex volume."""
_attributes = re.compile(r"(#{1,6}) .*?(\{\.[^{}]*\})\s*$")
_PLACE = re.compile("\ue010([\\w-]+)\ue011")
_LINE = re.compile(r"^.*\S.*$", re.M)
_MARKS = dict.fromkeys((0xE010, 0xE011, 0xE012))  # what is filled in holds none of the marks of places and lines
_ENDS = "\ue012"  # the end of a line that holds something, until the text is filled: nothing may be left of it then
_escaped = re.compile(r"\\([\\`*_{}\[\]()#+\-.!<>|~$^@\"':=])")


def told(path: Path, words: Words, shown: Iterable[Mapping[str, Any]], source: str) -> list[str | Payload]:
    """The parts of a chapter whose text is `path`; at its end what has no name and is placed nowhere. shown: the data of its
    notebook's outputs. Raises DataError."""
    facts: dict[str, Any] = {}
    blocks: dict[str, Payload] = {}
    kind = mime(words.language)
    for data in shown:
        if kind in data:
            blocks[data[kind]["id"]] = data[kind]
        elif FACTS in data:
            facts |= unpack(data[FACTS])
        elif "text/markdown" in data:
            raise DataError("text.twice", f"{path.stem} 的文字在 {path} 里，笔记本不能再用 chapter.say 或 chapter.note")
    parts = Text(path, words, facts, blocks, source).parts()
    placed = {part["id"] for part in parts if not isinstance(part, str)}
    return parts + [block for id, block in blocks.items() if NAMED_AS in block and id not in placed]


def tell(notebook: nbformat.NotebookNode, name: str, texts: Path, words: Words) -> list[str]:
    """Write into an executed notebook, in its last cell, the chapter as it reads, where `texts` has its text. What its cells
    showed stands there and no more where it was shown; without a text in any language it stands where it was shown. Returns
    what of it is not told. Raises DataError, also where there is a text in another language only."""
    path = texts / words.language / f"{name}.md"
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    if not any((texts / language / path.name).is_file() for language in LANGUAGES):
        return _in_their_order(notebook, name, path, words)
    shown = [output.get("data", {}) for cell in code for output in cell.outputs]
    parts = told(path, words, shown, "\n".join(cell.source for cell in code))
    images = {data[MIME]["id"]: data.get("image/svg+xml") for data in shown if MIME in data}
    for cell in notebook.cells:
        if cell.cell_type == "markdown":  # what an analyst notes for analysts
            cell.cell_type = "raw"
    for cell in code:
        cell.outputs = [one for one in cell.outputs if not {MIME, FACTS} & set(one.get("data", {}))]  # in all languages
    for part in parts:
        data = (
            {"text/markdown": part} if isinstance(part, str) else {MIME: part} | preview(part, images.get(part["id"]))
        )
        code[-1].outputs.append(nbformat.v4.new_output("display_data", data=data))
    placed, source = {part["id"] for part in parts if not isinstance(part, str)}, path.read_text("utf-8")
    return [
        f'{name} 的图表 {id} 没有写进 {path}，不进报告；请在那里写 {{{{ {data[MIME]["kind"]}("{id}") }}}}'
        for data in shown
        if data.get(MIME, {}).get("kind") in NUMBERED
        and (id := data[MIME]["id"]) not in placed
        and id not in source
        and _pattern(id) not in source
    ]


def _in_their_order(notebook: nbformat.NotebookNode, name: str, path: Path, words: Words) -> list[str]:
    """A chapter without a text: its cells as they are, under a title of its own."""
    said = list[str]()
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    for cell in (cell for cell in notebook.cells if cell.cell_type == "code"):
        for output in cell.outputs:
            data = output.get("data", {})
            texts.append("".join(data.get("text/markdown", "")))
            if FACTS in data and not said:
                said.append(f"{name} 没有文字（{path}），chapter.tell 交来的没有写进报告，图表按笔记本里的次序排列")
            if MIME in data:
                block = data[mime(words.language)] if mime(words.language) in data else data[MIME]
                titled = block.get("title", block["id"]) or words.names(block["table"]["columns"][:4])
                data[MIME] = block | ({"title": titled} if block["kind"] in NUMBERED else {})
        cell.outputs = [one for one in cell.outputs if FACTS not in one.get("data", {})]
    if not any(re.match("# ", line) for text in texts for line in text.splitlines()):
        title = text_markdown(name.partition("_")[2] or name)
        notebook.cells.insert(0, nbformat.v4.new_markdown_cell(f"# {title}", id="title"))
    return said


def as_notebooks_read(part: str) -> str:
    """A text of `told` in the Markdown that notebooks understand: boxes as quotations, references by their names."""
    lines, boxed = list[str](), False
    for line in part.splitlines():
        if line.startswith(":::"):
            boxed = "{" in line
            continue
        lines.append(f"> {line}" if boxed else line)
    plain = re.sub(r"^(#+ .*?) *\{[^{}]*\}$", r"\1", "\n".join(lines), flags=re.M)
    return re.sub(r"\[([^\[\]]+)\]\{[^{}]*\}", r"\1", re.sub(r"\[\]\(#([\w-]+)\)", r"`\1`", plain))


class _Told(jinja2.TemplateError):
    """What is wrong with a text, in Chinese."""


class _Environment(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%", "**"})

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        raise _Told(f"用了算术（{operator}）；要算的在笔记本里算好，用 chapter.tell 交过来")


class Text:
    """path: of the text. facts: what the notebook told, by name. blocks: its figures and tables as `Block.payload`, by id.
    source: the notebook's code, which names the ids of those too for which there was nothing to draw. value: what
    `value("dc.pue.new_large")` is, in a text that may ask for values."""

    def __init__(
        self,
        path: Path,
        words: Words,
        facts: Mapping[str, Any],
        blocks: Mapping[str, Payload],
        source: str,
        value: Callable[..., float | None] | None = None,
    ) -> None:
        self.path, self.words, self.facts, self.source, self.value = path, words, facts, source, value
        self.blocks = {id: dict(block) for id, block in blocks.items()}
        self.language = LANGUAGES[words.language]
        self.environment = self._environment()

    def parts(self) -> list[str | Payload]:
        """The chapter in the order in which it is read: Markdown, figures and tables. Raises DataError."""
        try:
            source = self.path.read_text("utf-8")
            self._check(source)
            source = _LINE.sub(_marked, source)
            filled = self.environment.from_string(source).render(self.facts)
        except DataError:
            raise
        except FileNotFoundError:
            raise DataError("text.missing", f"没有 {self.path}，这一章要说的写在其中；可用 git checkout 恢复") from None
        except OSError as error:
            raise DataError("text.unreadable", f"{self.path} 读不出来（{error.strerror}）；请检查文件和权限") from error
        except UnicodeDecodeError as error:
            raise DataError("text.encoding", f"{self.path} 不是 UTF-8 编码的文字，请另存为 UTF-8") from error
        except jinja2.TemplateSyntaxError as error:
            raise self._wrong(error.lineno, error) from error
        except Exception as error:  # a text can fail in whatever it does with a fact
            raise self._wrong(_line(error.__traceback__), error) from error
        return self._in_order(filled)

    def _check(self, source: str) -> None:
        """Raises DataError for a heading with anything but `{.annex}`, or with that on another level than the second."""
        for number, line in enumerate(source.splitlines(), 1):
            found = _attributes.match(line)
            if found and (found[1], found[2]) != ("##", "{.annex}"):
                why = "{.annex}（整节只在附册里）只能写在二级标题（##）的末尾"
                raise DataError("text.annex", f"{self.path} 第 {number} 行：标题末尾有 {found[2]}；{why}")

    def _wrong(self, line: int, error: Exception) -> DataError:
        why = str(error)
        if not isinstance(error, _Told):
            filters = wording.join_names(list(self.environment.filters))
            why = next(
                (told.format(found[1], filters=filters) for pattern, told in WRONG if (found := pattern.search(why))),
                f"模板写得不对（{why}）",
            )
            if isinstance(error, jinja2.UndefinedError) and (
                near := difflib.get_close_matches(why.split("”")[0].split("“")[-1], self.facts)
            ):
                why += f"；相近的有 {wording.join_names(near)}"
        return DataError("text.template", f"{self.path} 第 {line} 行：{why}")

    def _environment(self) -> jinja2.Environment:
        own = _Environment(
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            lstrip_blocks=True,
            finalize=self._printed,
        )
        printed = {name: self._number(say) for name, say in self.language.PRINTED.items()}
        own.filters = {**printed, "names": self._names, "length": len}
        own.globals = {"figure": self._figure, "table": self._figure, "has": self._has, "finding": self._finding}
        own.globals |= {"value": self._value} if self.value else {}
        return own

    @staticmethod
    def _number(say: Callable[..., str]) -> Callable[..., Markup]:
        """What is Markdown already, such as names that are joined, is escaped no second time."""
        return lambda value, *how, **named: (Markup if isinstance(value, Markup) else _plain)(say(value, *how, **named))

    def _names(self, names: Any) -> Markup:
        return _plain(self.words.names(names))

    def _printed(self, value: Any) -> Markup:
        """What `{{ }}` prints: Markdown as it is, all else as its characters."""
        if isinstance(value, Markup):
            return value
        if isinstance(value, jinja2.Undefined):
            return Markup(value)  # raises
        if value is None or isinstance(value, bool):
            raise _Told("要印的数值是空的；先用 {% if … is not none %} 分开没有数值时怎么说")
        if isinstance(value, float) and not isinstance(value, wording.Withheld):
            raise _Told("数值要写明怎样印，例如 {{ 名字 | n(2) }}、{{ 名字 | pct }}、{{ 名字 | big('kWh') }}")
        if isinstance(value, wording.Withheld):
            return _plain(self.language.HIDDEN)
        return _plain(self.words.say(value))

    def _has(self, id: str) -> bool:
        """Whether the notebook handed over a figure or table of this id."""
        numbered = _pattern(id)
        if id not in self.blocks and f'"{id}"' not in self.source and f'f"{numbered}' not in self.source:
            raise _Told(f"笔记本里没有图表 {id}")
        return id in self.blocks

    def _value(self, id: str, *which: Any, **named: Any) -> float | None:
        assert self.value is not None
        try:
            return self.value(id, *which, **named)
        except KeyError:
            raise _Told(f"没有指标 {id}；可用的见 green-report indicators") from None

    def _figure(self, id: str, annex: bool = False, caller: Any = None) -> Markup:
        """The place of a figure or table; what the call says of it stands in place of what it says of itself. annex: it stands
        in the annex volume only."""
        if not self._has(id):
            return Markup("")
        if annex:
            self.blocks[id]["annex"] = True
        if caller is not None:
            self.blocks[id] |= self._told(id, caller(self.blocks[id]) if caller.arguments else caller())
        if not self.blocks[id].get("title", id):
            raise _Told(f"图表 {id} 没有标题；用 {{% call figure(…) %}} 写出“标题：”")
        return Markup(f"\n\n\ue010{id}\ue011\n\n")

    def _finding(self, id: str) -> Markup:
        """What the notebook says of a figure or table itself, for a sentence of the text beside a shorter caption; nothing where
        it had nothing to draw."""
        return _plain(self.blocks[id]["title"]) if self._has(id) else Markup("")

    def _told(self, id: str, said: str) -> dict[str, str]:
        """`标题：…` and its like, each with the lines that follow it."""
        names, found, at = self.language.PARTS, dict[str, str](), ""
        for line in filter(None, map(str.strip, _lines(said).splitlines())):
            name, colon, rest = line.replace("：", ":", 1).partition(":")
            if colon and name in names:
                at, line = names[name], rest
            elif not at:
                raise _Told(
                    f"图表 {id} 的说明应以{wording.join_names([f'“{one}：”' for one in names])}开头，现在是“{line}”"
                )
            before = found.get(at, "")
            joint = self.language.JOINT if before and line.strip()[:1] not in CLOSE else ""
            found[at] = before + joint + _escaped.sub(r"\1", line.strip())
        return found

    def _in_order(self, filled: str) -> list[str | Payload]:
        parts: list[str | Payload] = []
        for at, piece in enumerate(_PLACE.split(_lines(filled))):
            if at % 2:
                block = self.blocks[piece]
                parts.append(block | {of: self.language.unpublished(block[of]) for of in CAPTION if of in block})
            elif text := self.language.unpublished(paragraphs(piece, self.language.JOINT)):
                parts.append(text if self.words.language == "zh" else CHINESE_RUN.sub(r"[\g<0>]{lang=zh-CN}", text))
        return parts


def _pattern(id: str) -> str:
    """How an id begins that is made of a number: `f"t-tasks-{number}"`."""
    return re.sub(r"\d+$", "{", id)


def _plain(text: str) -> Markup:
    """`text` as Markdown in which it is its characters."""
    return Markup(text_markdown(text.translate(_MARKS)))


def _marked(line: re.Match[str]) -> str:
    """A line of a text with its end marked, unless it ends within a tag."""
    text = line[0]
    within = max(text.rfind("{{"), text.rfind("{%")) > max(text.rfind("}}"), text.rfind("%}"))
    return text if within else text + _ENDS


def _lines(filled: str) -> str:
    """A filled text without the lines of which nothing is left."""
    return re.sub(rf"^[ \t]*{_ENDS}+\n?", "", str(filled), flags=re.M).replace(_ENDS, "")


def paragraphs(text: str, joint: str = "") -> str:
    """Markdown in which a paragraph is one line. joint: between two lines; Chinese has none."""
    out: list[str] = []
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        lines: list[str] = []
        joined = False  # whether the last line takes another
        for line in paragraph.splitlines():
            own = bool(_OWN_LINE.match(line))
            line = line if own else line.strip()
            if joined and not own:
                space = " " if lines[-1][-1:].isascii() and line[:1].isascii() and lines[-1] and line else joint
                space = "" if line[:1] in CLOSE else space
                lines[-1] += space + line
            else:
                lines.append(line)
            joined = not own or line.lstrip()[:2] in ("- ", "* ")
        out.append("\n".join(lines))
    return "\n\n".join(filter(str.strip, out))


def _line(traceback: TracebackType | None) -> int:
    """The line of the text in which an error came up."""
    line = 1
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == TEMPLATE:
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return line
