"""Maps made by folium that need no other host, and through which no text of people passes."""

from __future__ import annotations

import re
from pathlib import Path

import folium
import pytest
from folium import plugins

from web import assets
from web.maps import LAYERS, BaseMap, Features, LocalFigure, compose, single_file

NAME = "{{7*7}}{% raw %}</script><!--"


def collection(name: str) -> dict[str, object]:
    point = {"type": "Point", "coordinates": [113.1, 41.03]}
    feature = {"type": "Feature", "id": "1", "geometry": point, "properties": {"name": name, "kind": "entrance"}}
    return {"type": "FeatureCollection", "features": [feature]}


def test_rendering_twice_gives_the_same_bytes() -> None:
    assert compose().parts() == compose().parts()


def test_every_link_is_a_file_of_this_server() -> None:
    parts = compose().parts()
    addresses = re.findall(r'(?:src|href)="([^"]+)"', parts.links)
    assert len(addresses) == len(set(addresses)) > 8
    for address in addresses:
        path, _, version = address.removeprefix("/static/").partition("?v=")
        assert assets.address(path) == f"/static/{path}?v={version}"


def test_an_asset_that_nobody_reviewed_is_an_error() -> None:
    shell = folium.Map((41, 113), tiles=None)
    plugins.Fullscreen().add_to(shell)
    with pytest.raises(KeyError):
        LocalFigure().add_child(shell).parts()


def test_nothing_inline_remains_for_the_page() -> None:
    parts = compose().parts()
    assert not re.search(r"<style|\sstyle=|<script(?![^>]*src=)", parts.links + parts.html)


def test_a_page_fetches_its_layers() -> None:
    script = compose().parts().script
    for key, (_, url) in LAYERS.items():
        assert f'"{key}", {{"url": "{url}"}}' in script


def test_inlined_data_pass_no_template_and_end_no_block() -> None:
    parts = compose("file", layers={"entrances": collection(NAME)}).parts()
    assert '"name": "{{7*7}}{% raw %}\\u003c/script>\\u003c!--"' in parts.html
    assert NAME not in parts.script
    assert "49" not in parts.html


def test_data_as_postgis_wrote_them_are_inlined_too() -> None:
    parts = compose("file", layers={"entrances": '{"features": [{"properties": {"name": "</script>"}}]}'}).parts()
    assert '{"features": [{"properties": {"name": "\\u003c/script>"}}]}' in parts.html


def test_a_layer_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(KeyError, match="tigers"):
        compose(layers={"tigers": collection("x")})


@pytest.mark.parametrize("given", [{}, {"url": "/x", "data": {}}])
def test_a_layer_takes_an_address_or_data(given: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="url or data"):
        Features("buildings", **given)  # type: ignore[arg-type]


@pytest.mark.parametrize("key", ["", "{{7*7}}", "a b", "名"])
def test_a_key_is_a_plain_name(key: str) -> None:
    with pytest.raises(ValueError, match="key"):
        Features(key, url="/x")


def test_a_base_map_lies_below_everything_and_zooms_by_whole_steps() -> None:
    script = compose(base=BaseMap(("/base/{z}/{x}/{y}", "/base/names/{z}/{x}/{y}"), 17)).parts().script
    assert (
        script.index('"/base/{z}/{x}/{y}", 17')
        < script.index('"/base/names/{z}/{x}/{y}", 17')
        < script.index("gm-community")
    )
    assert '"zoomSnap": 1,' in script
    assert '"zoomSnap": 0.25,' in compose().parts().script


def test_a_single_file_forbids_itself_every_request() -> None:
    document = single_file(compose("file", layers={"entrances": collection("x")}), title="x")
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', document)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'")
    assert not re.search(r'<(?:script|link|img|iframe)[^>]+(?:src|href)="', document)


def test_folium_is_imported_by_the_maps_alone() -> None:
    web = Path(assets.__file__).parent
    importers = {
        file.relative_to(web).parts[0]
        for file in web.rglob("*.py")
        if "node_modules" not in file.parts
        and re.search(r"^\s*(?:import|from) (?:folium|branca)", file.read_text(), re.MULTILINE)
    }
    assert importers == {"maps"}
