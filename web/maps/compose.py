"""Composes the map of GridMap: panes, base layer, feature layers, controls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, Final

import folium
from folium.map import CustomPane

from web import assets
from web.maps.figure import InlineFigure, LocalFigure, Parts, fix_ids, inline_script
from web.maps.layers import Controls, Features, Tiles

#: Every feature layer: its key, its pane's height, and where a page fetches it.
LAYERS: Final[dict[str, tuple[int, str]]] = {
    "community": (391, "/api/places?kind=community"),
    "compounds": (393, "/api/places?kind=compound"),
    "grid_cells": (395, "/api/places?kind=grid_cell"),
    "facilities": (397, "/api/places?kind=facility"),
    "ways": (401, "/api/places?kind=way"),
    "buildings": (411, "/api/places?kind=building"),
    "entrances": (421, "/api/places?kind=entrance"),
}
#: Layers that can be touched; the others let every touch through to what lies below.
TOUCHABLE = frozenset({"facilities", "buildings", "entrances"})
MAX_ZOOM = 20
#: What the map shows before it knows its community: China as a whole.
START = ((36.0, 104.0), 4)
_ICONS = Path(__file__).resolve().parent.parent / "templates" / "icons.svg"
_FILE_POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"


@dataclass(frozen=True)
class BaseMap:
    """A raster base map as the browser sees it.

    Parameters
    ----------
    urls
        Templates with `{z}`, `{x}` and `{y}` on this server, the lowest layer first.
    max_native_zoom
        The last zoom level that has tiles.
    """

    urls: tuple[str, ...]
    max_native_zoom: int


class GridMap(folium.Map):
    """A `folium.Map` that needs no other host: it renders parts for a page, or shows itself in a notebook."""

    def parts(self, figure: LocalFigure | None = None) -> Parts:
        """Return the pieces for a page's template.

        Parameters
        ----------
        figure
            Says where links point; a `LocalFigure` when None.

        Returns
        -------
        Parts
            The same bytes in every process.
        """
        figure = figure or LocalFigure()
        figure.add_child(self)
        return figure.parts()

    def _repr_html_(self, **_kwargs: Any) -> str:
        """Return a frame that holds the whole map, as a notebook shows it."""
        document = escape(single_file(self, title="GridMap"))
        return f'<iframe srcdoc="{document}" width="100%" height="560" allowfullscreen></iframe>'


def compose(
    name: str = "home", *, base: BaseMap | None = None, layers: Mapping[str, dict[str, Any] | str] | None = None
) -> GridMap:
    """Compose the map: on a page it fetches its layers, in a file or a notebook it holds them.

    Parameters
    ----------
    name
        What its ids begin with; the page's script address may carry it.
    base
        The base map; None is a plain ground.
    layers
        Features by key of `LAYERS`, GeoJSON in lon, lat; None makes every layer fetch its own.

    Returns
    -------
    GridMap
        Rendering it twice gives the same bytes.

    Raises
    ------
    KeyError
        `layers` names a layer that does not exist.
    """
    (location, zoom) = START
    shell = GridMap(
        location,
        zoom_start=zoom,
        tiles=None,
        zoom_control=False,
        maxZoom=MAX_ZOOM,
        # Pictures blur between their zoom levels; drawn lines do not, so without tiles a community can fill the screen.
        zoomSnap=1 if base else 0.25,
        # Leaflet's own attribution shows HTML; credits are text, and the page shows them.
        attributionControl=False,
    )
    for url in base.urls if base else ():
        Tiles(url, max_native_zoom=base.max_native_zoom).add_to(shell)  # type: ignore[union-attr]
    # Markers of venues stand above the buildings, their greens below; the border lies on what ends at it.
    CustomPane("gm-border", z_index=399).add_to(shell)
    CustomPane("gm-spots", z_index=425, pointer_events=True).add_to(shell)
    for key, (height, url) in LAYERS.items():
        if layers is not None and key not in layers:
            continue
        CustomPane(f"gm-{key}", z_index=height, pointer_events=key in TOUCHABLE).add_to(shell)
        source: dict[str, Any] = {"url": url} if layers is None else {"data": layers[key]}
        Features(key, **source).add_to(shell)
    if unknown := set(layers or ()) - set(LAYERS):
        raise KeyError(*sorted(unknown))
    Controls().add_to(shell)
    fix_ids(shell, name)
    return shell


def single_file(shell: GridMap, *, title: str, language: str = "zh") -> str:
    """Return a map as one HTML document that opens from a disk: it asks for nothing, not even a tile.

    Parameters
    ----------
    shell
        A map that holds its layers: `compose(layers=…)`.
    title
        Shown above the map and as the document's title.
    language
        Of the controls: ``zh`` or ``en``.

    Returns
    -------
    str
        About 250 KB beside the data. Exports leave the office: give features without names of people or numbers.
    """
    figure = InlineFigure()
    parts = shell.parts(figure)
    texts = inline_script(assets.STATIC / "i18n" / f"{language}.js")
    heading = escape(title)
    # A document of its own, so that a policy can stand in it: whatever the data hold, nothing is fetched.
    return (
        f'<!doctype html>\n<html lang="{"zh-CN" if language == "zh" else escape(language)}">\n<head>\n'
        f'<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="{_FILE_POLICY}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{heading}</title>\n'
        f"{texts}\n{parts.links}\n</head>\n"
        f'<body class="file-page">\n{_ICONS.read_text("utf-8")}'
        f"<h1>{heading}</h1>\n<main>{parts.html}</main>\n"
        f"<script>\n{parts.script}\n</script>\n</body>\n</html>\n"
    )
