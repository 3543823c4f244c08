"""A `quarto` for machines without one: it renders by pandoc, with the habits of the real one that a build depends on.

`test_quarto_habits.py` lists these and holds it against a real Quarto wherever there is one. It is run as a command;
`install` writes it to a folder.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pypandoc
import yaml

CALLS = "calls.json"  # beside the command: the arguments of every call of `render`

RED, LIGHT_RED, YELLOW, PLAIN = "\x1b[31m", "\x1b[91m", "\x1b[33m", "\x1b[39m"
LUA = """\
error = function(message)
  local at = debug.getinfo(2, "lS")
  io.stderr:write(("\\27[31mERROR (%s:%d) %s\\n\\27[39m"):format(at.source:sub(2), at.currentline, message))
end
"""
READS = """\
local function warn(message) io.stderr:write("\\27[33mWARNING (/opt/quarto/share/filters/main.lua:10090) " .. message .. "\\n\\27[39m") end
function Str(one)
  if one.text:match(":::") then
    warn("\\nThe following string was found in the document: " .. one.text .. "\\n\\nThis usually indicates a problem with a fenced div in the document. Please check the document for errors.")
  end
end
function Cite(one)
  local id = one.citations[1].id
  if id:match("^fig%-") then warn("Unable to resolve crossref @" .. id) end
end
"""


def install(folder: Path, version: str = "1.10.18", before: str = "") -> Path:
    """The stand-in as `folder/quarto`. before: Python that the command runs first."""
    command = folder / "quarto"
    path = [str(Path(__file__).resolve().parents[2]), *filter(None, sys.path)]
    lines = [f"#!{sys.executable}", "import sys", f"sys.path[:0] = {path!r}", before]
    lines += ["from tests.reports import stand_in", f"sys.exit(stand_in.main(sys.argv[1:], {version!r}))"]
    command.write_text("\n".join(lines) + "\n", "utf-8")
    command.chmod(0o755)
    return command


def say(text: str, *, by_filter: bool = False) -> None:
    """Print as the real one does, whose own words obey NO_COLOR and those of its filters do not."""
    plain = os.environ.get("NO_COLOR") and not by_filter
    print(re.sub(r"\x1b\[\d+m", "", text) if plain else text, file=sys.stderr, flush=True)


def main(arguments: list[str], version: str) -> int:
    if arguments == ["--version"]:
        print(version)
        return 0
    match arguments:
        case ["pandoc", *rest]:
            return subprocess.run([pypandoc.get_pandoc_path(), *rest]).returncode
        case ["typst", "--version"]:
            print("typst 0.15.1")
            return 0
        case ["render", *rest]:
            calls = Path(sys.argv[0]).with_name(CALLS)
            before = json.loads(calls.read_text()) if calls.exists() else []
            calls.write_text(json.dumps([*before, rest]))
            return render(rest)
    say(f"{LIGHT_RED}ERROR: Unknown command{PLAIN}")
    return 1


def render(arguments: list[str]) -> int:
    project = Path(arguments[0]).resolve()
    if not (project / "_quarto.yml").is_file():
        say(f"{LIGHT_RED}ERROR: The specified directory ('{arguments[0]}') is not a Quarto project.{PLAIN}")
        return 1
    try:
        config = yaml.safe_load((project / "_quarto.yml").read_text("utf-8"))
    except yaml.YAMLError as error:
        say(
            f"{LIGHT_RED}ERROR: YAMLException: {error}\n\nStack trace:\n    at generateError2 (quarto.js:16984:10){PLAIN}"
        )
        return 1
    if any(part.startswith(".") for part in project.parts):
        return 0
    sources = [path for path in sorted(project.rglob("*.qmd")) if not path.name.startswith("_")]
    wanted = arguments[arguments.index("--to") + 1] if "--to" in arguments else "all"
    if wanted not in ("all", *config["format"]):
        say(
            f"{LIGHT_RED}ERROR: Unknown format {wanted}\n\nStack trace:\n    at resolveFormats (quarto.js:77842:13){PLAIN}"
        )
        return 1
    out = project / config["project"]["output-dir"]
    with tempfile.TemporaryDirectory() as made:
        for number, source in enumerate(sources, 1):
            if len(sources) > 1:
                say(f"\x1b[1m\x1b[34m\r[{number}/{len(sources)}] {source.name}\x1b[39m\x1b[22m")
            for name, options in config["format"].items():
                if wanted in ("all", name) and not _one(
                    project, config, name, options, source, Path(made), len(sources)
                ):
                    return 1
        shutil.copytree(made, out, dirs_exist_ok=True)
    say(f"\nOutput created: {out.name}/{sources[0].stem}.html\n")
    return 0


def _one(project: Path, config: dict, name: str, options: dict, source: Path, made: Path, of: int) -> bool:
    """One document in one format; whether the real one would go on."""
    suffix = options.get("output-ext", name)
    if of == 1:
        title = yaml.safe_load(source.read_text("utf-8").split("---\n")[1]).get("pagetitle")
        say(
            f"\x1b[1mpandoc \x1b[22m\n  to: {name}\n  standalone: true\n  \n\x1b[1mmetadata\x1b[22m\n  pagetitle: {title}\n  "
        )
    for part in options.get("template-partials", ()):
        if not (project / part).is_file():
            say(f"{LIGHT_RED}ERROR: Template partial {project / part} was not found. Please confirm that the path to the file is correct.\n\nStack trace:{PLAIN}")  # fmt: skip
            return False
    given_up = f"{YELLOW}WARN: Error encountered when rendering files{PLAIN}"
    arguments = []
    for key, words in (("include-in-header", "header-includes"), ("include-after-body", "include-after")):
        if part := options.get(key):
            if (project / part).is_file():
                arguments.append(f"--{key}={part}")
            else:
                say(f"{RED}FATAL (/opt/quarto/share/filters/main.lua:3945) An error occurred:\nError resolving {words}- unable to open file {part}\n{PLAIN}")  # fmt: skip
    if part := options.get("reference-doc"):
        if not (project / part).is_file():
            say(f"File {part} not found in resource path\n{given_up}")
            return False
        arguments.append(f"--reference-doc={part}")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "reads.lua").write_text(READS, "utf-8")
        (Path(folder) / "datadir").mkdir()
        (Path(folder) / "datadir" / "init.lua").write_text(LUA, "utf-8")  # before any filter, in its own state
        filters = [f"--lua-filter={folder}/reads.lua", *(f"--lua-filter={path}" for path in config["filters"])]
        for path in config["filters"]:
            if not (project / path).is_file():
                say(f"{RED}ERROR (/opt/quarto/share/filters/main.lua:3828) cannot open {path}: No such file or directory\n{PLAIN}{given_up}")  # fmt: skip
                return False
        template = [f"--template=theme/embedded.{suffix}"] if suffix != "docx" else []
        command = [pypandoc.get_pandoc_path(), "--from=markdown-smart", f"--to={name}", "--standalone", "--wrap=none"]  # fmt: skip
        command += [f"--data-dir={folder}/datadir", *filters, *template, *arguments, f"--output={made / source.stem}.{suffix}"]  # fmt: skip
        with source.open("rb") as text:
            run = subprocess.run(command, cwd=source.parent, stdin=text, stderr=subprocess.PIPE)
    said = run.stderr.decode("utf-8", "replace")
    said = re.sub(r"(?<=^Error running filter )\S+", "/opt/quarto/share/filters/main.lua:", said, flags=re.M)
    say(said, by_filter=True)
    if run.returncode:
        say(given_up)
    return run.returncode == 0
