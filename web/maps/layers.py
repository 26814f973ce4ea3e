"""Our own layers: each declares itself to `GridMap`, the static script that draws and shows text by `textContent`."""

from __future__ import annotations

import re
from typing import Any

from folium.elements import JSCSSMixin
from folium.map import Layer
from folium.template import Template

from web.maps.figure import data_block

_KEY = re.compile(r"[a-z_]{1,40}")
#: Scripts of a map, in the order in which they build on each other.
_SCRIPTS = [
    ("gridmap_texts", "texts.js"),
    ("gridmap_dom", "dom.js"),
    ("gridmap_map", "map/map.js"),
    ("gridmap_looks", "map/looks.js"),
    ("gridmap_features", "map/features.js"),
    ("gridmap_labels", "map/labels.js"),
    ("gridmap_keyboard", "map/keyboard.js"),
    ("gridmap_controls", "map/controls.js"),
]


class Features(JSCSSMixin, Layer):
    """A layer of GeoJSON features, fetched by the page or inlined.

    Parameters
    ----------
    key
        Which layer it is (`buildings`, `compounds`, …): the look that the script gives it. Never text of a person.
    url
        Where the page fetches the features; the script adds `bbox` and `on`.
    data
        Or the features themselves: GeoJSON as a dict, or as the text that PostGIS wrote; lon, lat.

    Raises
    ------
    ValueError
        Not exactly one of `url` and `data` is given, or `key` is no plain name.
    """

    default_js = _SCRIPTS
    default_css = [("gridmap_css", "map.css")]  # noqa: RUF012 - folium's own interface
    _template = Template(
        """
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = GridMap.layer(
                {{ this._parent.get_name() }}, {{ this.key|tojson }}, {{ this.source|tojson }});
        {% endmacro %}
        """
    )

    def __init__(self, key: str, *, url: str | None = None, data: dict[str, Any] | str | None = None) -> None:
        if (url is None) == (data is None):
            msg = "give url or data"
            raise ValueError(msg)
        if not _KEY.fullmatch(key):
            msg = f"{key!r} is no key of a layer: small letters and _ only"
            raise ValueError(msg)
        super().__init__(name=key)
        self._name = "Features"
        self.key = key
        self.data = data
        self.source = {"url": url}

    def render(self, **kwargs: Any) -> Any:
        """Declare the layer; inlined data pass verbatim, outside every template."""
        if self.data is not None:
            block = f"{self.get_name()}_data"
            self.source = {"id": block}
            figure: Any = self.get_root()
            figure.html.add_child(data_block(block, self.data), name=block)
        return super().render(**kwargs)  # type: ignore[no-untyped-call]


class Tiles(Layer):
    """A raster base map that this server hands on; its credits are shown by the page, as text.

    Parameters
    ----------
    url
        Template with `{z}`, `{x}` and `{y}`, on this server.
    max_native_zoom
        The last zoom level that has tiles; beyond it they are enlarged.
    """

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = GridMap.tiles(
                {{ this._parent.get_name() }}, {{ this.url|tojson }}, {{ this.max_native_zoom|tojson }});
        {% endmacro %}
        """
    )

    def __init__(self, url: str, *, max_native_zoom: int) -> None:
        super().__init__(name="base")
        self._name = "Tiles"
        self.url = url
        self.max_native_zoom = max_native_zoom


class Controls(JSCSSMixin, Layer):
    """What stands on the map: colour choice, layers, legend, scale and zoom; added last."""

    default_js = _SCRIPTS
    _template = Template(
        """
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = GridMap.controls({{ this._parent.get_name() }});
        {% endmacro %}
        """
    )

    def __init__(self) -> None:
        super().__init__(name="controls")
        self._name = "Controls"
