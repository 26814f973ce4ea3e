"""What scripts, styles and templates of ours may not hold: markup out of text, inline code, other hosts, too new words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from web import build
from web.assets import STATIC

TEMPLATES = STATIC.parent / "templates"
SCRIPTS = sorted((STATIC / "js").rglob("*.js"))
STYLES = sorted((STATIC / "css").glob("*.css"))
PAGES = sorted(TEMPLATES.rglob("*.html"))

#: Ways by which text becomes markup or code.
SINKS = (
    r"\.innerHTML", r"\.outerHTML", r"insertAdjacentHTML", r"document\.write", r"\beval\(", r"new Function", r"bindPopup",
    r"bindTooltip", r"createContextualFragment", r"DOMParser", r"srcdoc", r'setAttribute\("(?:on|style)', r"javascript:",
    r'setTimeout\(\s*["\'`]', r"\.cssText",
)  # fmt: skip
#: Words that Chromium 90 or Safari 14 do not know.
TOO_NEW = (
    r"\.at\(", r"\.findLast", r"\.toSorted\(", r"\.toReversed\(", r"\.with\(", r"structuredClone", r"Object\.hasOwn\b",
    r"Object\.groupBy", r"AbortSignal\.(?:timeout|any)", r"randomUUID", r"\.showModal\(", r"\.inert\b", r"^await ",
    r"static \{", r"scrollend", r"\(\?<[=!]", r"#\w+\s+in\s", r"\.checkVisibility\(", r"\.showPicker\(", r"Array\.fromAsync",
)  # fmt: skip
TOO_NEW_STYLES = (
    r":has\(", r"\binset:", r"aspect-ratio", r"@layer", r"@container", r"color-mix", r"^\s*&", r"(?:^|[\s;{])gap:",
    r"\d(?:svh|lvh)", r"overflow:\s*clip",
)  # fmt: skip


def name(path: Path) -> str:
    return path.name


@pytest.mark.parametrize("script", SCRIPTS, ids=name)
def test_text_never_becomes_markup_or_code(script: Path) -> None:
    source = script.read_text("utf-8")
    assert not [sink for sink in SINKS if re.search(sink, source)]


@pytest.mark.parametrize("script", SCRIPTS, ids=name)
def test_old_browsers_know_every_word_of_a_script(script: Path) -> None:
    source = script.read_text("utf-8")
    assert source.startswith('"use strict";')
    assert not [word for word in TOO_NEW if re.search(word, source, re.MULTILINE)]


@pytest.mark.parametrize("style", STYLES, ids=name)
def test_old_browsers_know_every_word_of_a_style(style: Path) -> None:
    source = style.read_text("utf-8")
    assert not [word for word in TOO_NEW_STYLES if re.search(word, source, re.MULTILINE)]


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_no_template_holds_inline_code_or_style(page: Path) -> None:
    source = page.read_text("utf-8")
    assert not re.search(r"<script(?![^>]*\bsrc=)", source)
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", source)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_only_what_folium_wrote_passes_unescaped(page: Path) -> None:
    unescaped = re.findall(r"\{\{([^}]*)\|\s*safe", page.read_text("utf-8"))
    assert {part.strip() for part in unescaped} <= {"parts.links", "parts.html"}


@pytest.mark.parametrize("file", [*SCRIPTS, *STYLES, *PAGES], ids=name)
def test_no_other_host_is_named(file: Path) -> None:
    hosts = set(re.findall(r"(?:https?:)?//([\w.-]+\.\w+)", file.read_text("utf-8")))
    assert hosts <= {"www.w3.org"}


def test_the_catalogue_finds_every_text_of_the_scripts() -> None:
    """A call inside the arguments of another one would be missed by the tool that collects texts."""
    collected = {message.id for message in build.messages_in_source()}
    written = {
        found
        for script in SCRIPTS
        for found in re.findall(r'(?<![\w.])t\(\s*"((?:[^"\\]|\\.)*)"', script.read_text("utf-8"))
    }
    assert len(written) > 80
    assert written - collected == set()


def test_every_text_of_a_script_is_written_out_where_it_is_asked_for() -> None:
    for script in SCRIPTS:
        assert not re.search(r"(?<![\w.])t\((?![\")])(?!message)", script.read_text("utf-8")), script.name
