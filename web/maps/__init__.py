"""Folium maps: the only importer of folium. One map object serves a page, a single file and a notebook.

Nothing that a person typed ever passes through a folium or branca object: branca renders a macro's output through
Jinja a second time, so `{{…}}` in a name would run on the server. Data are fetched by the page or added verbatim.
"""

from web.maps.compose import LAYERS, BaseMap, GridMap, compose, single_file
from web.maps.figure import ASSETS, InlineFigure, LocalFigure, Parts, Verbatim
from web.maps.layers import Controls, Features, Tiles

__all__ = [
    "ASSETS",
    "LAYERS",
    "BaseMap",
    "Controls",
    "Features",
    "GridMap",
    "InlineFigure",
    "LocalFigure",
    "Parts",
    "Tiles",
    "Verbatim",
    "compose",
    "single_file",
]
