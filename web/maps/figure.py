"""Figures whose every script and stylesheet is ours: linked for a page, embedded for a file that needs no network.

folium, its plugins and branca collect links to content delivery networks while they render. Here each link's name is
looked up in `ASSETS`; a name that is not there is a `KeyError`, so that no such link can creep back in.
"""

from __future__ import annotations

import base64
import json
import mimetypes
import re
from collections.abc import Callable
from html import escape
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from branca.element import Element, Figure, JavascriptLink, Link

from web import assets

#: Link name of folium or of our layers → file below `web/static`; None = reviewed, nothing of ours needs it.
ASSETS: dict[str, str | None] = {
    "leaflet": "vendor/leaflet/dist/leaflet.js",
    "leaflet_css": "vendor/leaflet/dist/leaflet.css",
    "gridmap_css": "css/map.css",
    "gridmap_texts": "js/texts.js",
    "gridmap_dom": "js/dom.js",
    "gridmap_map": "js/map/map.js",
    "gridmap_looks": "js/map/looks.js",
    "gridmap_features": "js/map/features.js",
    "gridmap_labels": "js/map/labels.js",
    "gridmap_keyboard": "js/map/keyboard.js",
    "gridmap_controls": "js/map/controls.js",
    "jquery": None,
    "bootstrap": None,
    "bootstrap_css": None,
    "glyphicons_css": None,
    "awesome_markers": None,
    "awesome_markers_css": None,
    "awesome_markers_font_css": None,
    "awesome_rotate_css": None,
}

_CSS_URL = re.compile(r"""url\(\s*['"]?([^'")]+)['"]?\s*\)""")


class Parts(NamedTuple):
    """What a page template needs: link and script elements, map containers, and the body of one script file."""

    links: str
    html: str
    script: str


class Verbatim(Element):
    """Markup that passes through no template: minified scripts and people's data hold braces.

    Parameters
    ----------
    markup
        Safe HTML, complete elements.
    """

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.markup = markup

    def render(self, **_kwargs: Any) -> str:
        """Return the markup as it is."""
        return self.markup


def data_block(key: str, data: Any) -> Verbatim:
    """Return data as a block that scripts read by id and browsers never run.

    Parameters
    ----------
    key
        The id of the element: our own name, no text of a person.
    data
        What `json` can write, or JSON text as PostGIS wrote it.
    """
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False, allow_nan=False)
    # "<" occurs in JSON only inside strings, where the escape means the same: no "</script" or "<!--" ends the block.
    text = text.replace("<", "\\u003c")
    return Verbatim(f'<script type="application/json" id="{escape(key)}">{text}</script>')


class LocalFigure(Figure):
    """A figure whose links all point at files of this server.

    Parameters
    ----------
    address
        From a path below `web/static` to its address.
    files
        See `ASSETS`.
    """

    def __init__(
        self, address: Callable[[str], str] = assets.address, files: dict[str, str | None] | None = None
    ) -> None:
        super().__init__()
        self.address = address
        self.files = ASSETS if files is None else files

    def parts(self) -> Parts:
        """Render, and hand back the pieces for a template under a strict Content-Security-Policy.

        Returns
        -------
        Parts
            Without folium's inline style and script of the header: the page's own stylesheet gives the map its size.

        Raises
        ------
        KeyError
            Something in the figure needs a file that nobody reviewed.
        """
        for child in self._children.values():
            child.render()  # children push their links into self.header
        links = (
            self.element(link, path)
            for name, link in self.header._children.items()  # noqa: SLF001 - branca offers no other way
            if isinstance(link, Link) and (path := self.files[name]) is not None
        )
        return Parts("\n".join(links), self.html.render(), self.script.render())

    def render(self, **_kwargs: Any) -> str:
        """Return the figure as one document; scripts and styles stand where their links stood."""
        parts = self.parts()
        return (
            f'<!doctype html>\n<html lang="zh-CN">\n<head>\n<meta charset="utf-8">\n{parts.links}\n</head>\n'
            f"<body>\n{parts.html}\n<script>\n{parts.script}\n</script>\n</body>\n</html>\n"
        )

    def element(self, link: Link, path: str) -> str:
        """Return the element that stands for a link.

        Parameters
        ----------
        link
            What folium collected: a script or a stylesheet.
        path
            The file below `web/static` that takes its place.
        """
        address = escape(self.address(path))
        if isinstance(link, JavascriptLink):
            return f'<script src="{address}" defer></script>'
        return f'<link rel="stylesheet" href="{address}">'


class InlineFigure(LocalFigure):
    """A figure that holds its scripts and styles, so that one file opens from a disk with no request at all."""

    def element(self, link: Link, path: str) -> str:
        """Return the script or stylesheet itself.

        Parameters
        ----------
        link
            What folium collected: a script or a stylesheet.
        path
            The file below `web/static` that takes its place.
        """
        file = assets.STATIC / path
        if isinstance(link, JavascriptLink):
            return inline_script(file)
        return f"<style>\n{_embed_pictures(file)}</style>"


def inline_script(file: Path) -> str:
    """Return a script file as an element.

    Parameters
    ----------
    file
        A script of ours or of a reviewed package.
    """
    return "<script>\n" + file.read_text("utf-8").replace("</script", "<\\/script") + "</script>"


def _embed_pictures(stylesheet: Path) -> str:
    """The stylesheet with every picture as a data address; a missing one becomes an empty picture."""

    def embed(match: re.Match[str]) -> str:
        if match[1].startswith(("data:", "#")):
            return match[0]
        picture = stylesheet.parent / re.split("[?#]", match[1])[0]
        return f"url({_data_address(picture)})" if picture.is_file() else "url(data:,)"

    return _CSS_URL.sub(embed, stylesheet.read_text("utf-8"))


def _data_address(file: Path) -> str:
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return f"data:{kind};base64,{base64.b64encode(file.read_bytes()).decode('ascii')}"


def fix_ids(root: Element, name: str) -> None:
    """Replace branca's random ids at and below `root`, so that every process renders the same bytes.

    Parameters
    ----------
    root
        Usually a map.
    name
        What its id becomes; its children are numbered after it.
    """
    number = count(1)

    def visit(element: Element) -> None:
        for child in element._children.values():  # noqa: SLF001 - branca offers no other way
            child._id = f"{name}_{next(number)}"  # noqa: SLF001
            visit(child)

    root._id = name  # noqa: SLF001
    visit(root)
