"""Who is responsible, over HTTP: what is refused, what is 404, in which language, and in how many statements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from shapely import box

from gridmap.access import Level, User, create_token, create_user
from gridmap.database import Database
from gridmap.settings import Settings
from tests.gridmap.conftest import CODE, Town
from web import create_app

HOSTILE = (
    "<img src=x onerror='window.PWN=1'>", "</script><script>window.PWN=1</script>", "${window.PWN=1}", "`+(window.PWN=1)+`",
    "\\`+(window.PWN=1)+`", "';window.PWN=1;'", '";window.PWN=1;"', "${7*7}", "{{7*7}}", "{% raw %}",
    "{{cycler.__init__.__globals__}}", "%(name)s {name} %s",
)  # fmt: skip


@pytest.fixture(scope="module")
def planted(new_database: Callable[..., Database]) -> tuple[Database, Town]:
    """A database of its own with two buildings; the client's requests open connections that see only what is committed."""
    database = new_database()
    with database.writing("test") as session:
        town = Town(session)
        town.place("T", "community", box(113.100, 41.030, 113.110, 41.040))
        town.place("K1", "compound", box(113.100, 41.030, 113.110, 41.040), parent="T")
        town.place("001", "grid_cell", box(113.100, 41.030, 113.110, 41.040), parent="K1")
        town.place("B1", "building", box(113.101, 41.031, 113.102, 41.0315), parent="K1", grid_cell="001")
        for number, text in enumerate(HOSTILE):
            town.appoint(text, "committee_member", "T")
            town.place(
                f"H{number}",
                "building",
                box(113.103, 41.031 + number / 2000, 113.104, 41.0311 + number / 2000),
                parent="K1",
                grid_cell="001",
            )
            town.session.connection().exec_driver_sql(
                "update place_version set name = %s where place_id = %s", (text, town.ids[f"H{number}"])
            )
    return database, town


@pytest.fixture(scope="module")
def client(planted: tuple[Database, Town], tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    """Programs' view: an administrator's token on every request."""
    database, _ = planted
    app = create_app(Settings(GRIDMAP_DATA=tmp_path_factory.mktemp("data")), database)
    with database.writing("test") as session:
        create_user(session, "root", Level.ADMIN)
        user = session.query(User).filter_by(name="root").one()
        user.must_change_password = False
        token = create_token(session, user.name)
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    return client


def test_a_click_is_answered(client: FlaskClient) -> None:
    answer = client.get("/api/responsible?lon=113.1015&lat=41.0312")
    assert answer.status_code == 200
    assert answer.json is not None
    assert [place["name"] for place in answer.json["places"]] == ["B1", "001", "K1", "T"]
    assert client.get(f"/api/responsible?place={CODE}-B1").json["places"] == answer.json["places"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "lon"), ("lat=41", "lon"), ("lon=113", "lat"), ("lon=&lat=41", "lon"), ("lon=x&lat=41", "lon"), ("lon=113&lat=NaN", "lat"),
        ("lon=Infinity&lat=41", "lon"), ("lon=113&lat=-Infinity", "lat"), ("lon=1e308&lat=41", "lon"), ("lon=%EF%BC%91&lat=41", "lon"),
        ("lon=113&lon=114&lat=41", "lon"), ("lon=113&lat=41&lat=41", "lat"), ("lon=181&lat=41", "lon"), ("lon=113&lat=-90.1", "lat"),
        ("lon=113%00&lat=41", "lon"), ("lon=113&lat=41&on=yesterday", "on"), ("lon=113&lat=41&on=2026-13-01", "on"),
        ("lon=113&lat=41&on=2026-01-01&on=2026-01-02", "on"), ("place=x&lon=113&lat=41", "place"), ("place=a&place=b", "place"),
        ("place=a%00b", "place"), ("lon[]=113&lat=41", "lon"), ("lon=113,41&lat=41", "lon"), ("lon=1_1&lat=41", "lon"),
    ],
)  # fmt: skip
def test_a_bad_value_is_400_and_its_field_is_named(client: FlaskClient, query: str, field: str) -> None:
    answer = client.get(f"/api/responsible?{query}")
    assert answer.status_code == 400, answer.text
    assert answer.content_type == "application/problem+json"
    assert answer.json is not None
    assert answer.json["field"] == field
    assert answer.json["status"] == 400


@pytest.mark.parametrize(
    "query", ["lon=0&lat=0", "lon=-179.9&lat=-89.9", "lon=113.2&lat=41.03", "place=nowhere", "place=" + "x" * 5000]
)
def test_outside_or_unknown_is_404(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/api/responsible?{query}")
    assert answer.status_code == 404
    assert answer.content_type == "application/problem+json"


def test_language_of_the_answer_follows_the_reader(client: FlaskClient) -> None:
    query = "/api/responsible?lon=113.1015&lat=41.0312"
    chinese = client.get(query, headers={"Accept-Language": "zh-CN"}).json
    english = client.get(query, headers={"Accept-Language": "en"}).json
    assert chinese is not None
    assert english is not None
    assert chinese["chain"][0]["role_name"] == "楼栋长"
    assert chinese["chain"][0]["acting"]["role_name"] == "社区办公室"
    assert english["chain"][0]["role_name"] == "Building leader"


def test_hostile_text_comes_back_verbatim(client: FlaskClient) -> None:
    answer = client.get("/api/responsible?lon=113.1015&lat=41.0312").json
    assert answer is not None
    names = {entry["holder"]["name"] for entry in answer["chain"] if entry["role"] == "committee_member"}
    assert names == set(HOSTILE)
    features = client.get("/api/places?kind=building").get_json(force=True)["features"]
    assert set(HOSTILE) <= {feature["properties"]["name"] for feature in features}


def test_a_click_is_one_statement_beside_the_sign_in(
    client: FlaskClient, planted: tuple[Database, Town], statements: Any
) -> None:
    database, _ = planted
    client.get("/api/responsible?lon=113.1015&lat=41.0312")  # who asks is now known for a second
    with statements(database.reading_engine) as seen:
        client.get("/api/responsible?lon=113.1015&lat=41.0312")
    assert len([statement for statement in seen if "covering" in statement]) == 1
    assert len(seen) <= 2


def test_places_are_geojson_with_a_tag(client: FlaskClient) -> None:
    first = client.get("/api/places?kind=building,compound")
    assert first.content_type == "application/geo+json"
    assert (
        client.get("/api/places?kind=building,compound", headers={"If-None-Match": first.headers["ETag"]}).status_code
        == 304
    )


@pytest.mark.parametrize(
    ("query", "field"),
    [("", "kind"), ("kind=castle", "kind"), ("kind=region", "kind"), ("kind=building&bbox=1,2", "bbox"), ("kind=building&bbox=nan,0,1,1", "bbox"),
     ("kind=building&on=x", "on"), ("kind=building&kind=way", "kind")],
)  # fmt: skip
def test_bad_layers_are_400(client: FlaskClient, query: str, field: str) -> None:
    answer = client.get(f"/api/places?{query}")
    assert answer.status_code == 400
    assert answer.json is not None
    assert answer.json["field"] == field


def test_one_place(client: FlaskClient) -> None:
    body = client.get(f"/api/places/{CODE}-B1").get_json(force=True)
    assert body["properties"]["name"] == "B1"
    assert client.get("/api/places/none").status_code == 404


def test_nobody_signed_in_is_401(planted: tuple[Database, Town], client: FlaskClient) -> None:
    stranger = client.application.test_client()
    for path in ("/api/responsible?lon=113.1&lat=41.03", "/api/places?kind=building", "/api/search?q=1"):
        assert stranger.get(path).status_code == 401
