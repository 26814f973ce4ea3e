"""Search over HTTP and on the command line: hits, refusals, languages, scope, and the number of statements."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from flask.testing import FlaskClient
from shapely import box
from sqlalchemy.orm import Session

from geodata.addresses import keys
from gridmap.access import Level, User, create_token, create_user
from gridmap.database import Database
from gridmap.duties import Person
from gridmap.errors import BadInput, UnknownPlace
from gridmap.places import PlaceVersion
from gridmap.settings import Settings
from tests.gridmap.conftest import CODE, Town
from web import create_app
from web.commands import search as command

HOSTILE = (
    "<img src=x onerror='window.PWN=1'>", "</script><script>window.PWN=1</script>", "${7*7}", "{{7*7}}", "{% raw %}",
    "{{cycler.__init__.__globals__}}", "`+(window.PWN=1)+`", "%(name)s {name} %s", "'; drop table place; --", "100%_\\",
)  # fmt: skip


def called(session: Session, town: Town, name: str, shown: str) -> None:
    version = session.scalars(sa.select(PlaceVersion).where(PlaceVersion.place_id == town.ids[name])).one()
    version.name, version.search = shown, keys(shown)
    session.flush()


@pytest.fixture(scope="module")
def planted(new_database: Callable[..., Database]) -> tuple[Database, Town]:
    """A database with two compounds, a 3号楼 in each with its leader, and a building for every hostile name."""
    database = new_database()
    with database.writing("test") as session:
        town = Town(session)
        town.place("T", "community", box(113.100, 41.030, 113.110, 41.040))
        called(session, town, "T", "瑞宁社区")
        for at, (short, name) in enumerate((("S", "塞上江南小区"), ("D", "东苑"))):
            west = 113.100 + 0.005 * at
            town.place(short, "compound", box(west, 41.030, west + 0.005, 41.040), parent="T")
            called(session, town, short, name)
            town.place(f"{short}3", "building", box(west + 0.001, 41.031, west + 0.002, 41.0315), parent=short)
            called(session, town, f"{short}3", "3号楼")
            town.appoint(f"单{name[0]}", "building_leader", f"{short}3")
        for number, text in enumerate(HOSTILE):
            south = 41.032 + number / 2000
            town.place(f"H{number}", "building", box(113.103, south, 113.104, south + 0.0001), parent="S")
            called(session, town, f"H{number}", text)
        for person in session.scalars(sa.select(Person)):
            person.search = keys(person.name)
    return database, town


@pytest.fixture(scope="module")
def clients(
    planted: tuple[Database, Town], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str, Level, str | None], FlaskClient]:
    """A function that gives a program's client: a user of a level, with a grant on one place or none."""
    database, _ = planted
    app = create_app(Settings(GRIDMAP_DATA=tmp_path_factory.mktemp("data")), database)

    def client(name: str, level: Level, place: str | None = None) -> FlaskClient:
        with database.writing("test") as session:
            create_user(session, name, level, places=[place] if place else ())
            user = session.scalars(sa.select(User).where(User.name == name)).one()
            user.must_change_password = False
            session.flush()
            token = create_token(session, name)
        client = app.test_client()
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
        return client

    return client


@pytest.fixture(scope="module")
def client(clients: Callable[..., FlaskClient]) -> FlaskClient:
    return clients("root", Level.ADMIN)


def names(client: FlaskClient, text: str, **more: str) -> list[str]:
    answer = client.get("/api/search", query_string={"q": text, **more})
    assert answer.status_code == 200, answer.text
    return [f"{hit['context']} · {hit['name']}" for hit in answer.get_json()["hits"]]


def test_an_address_is_answered(client: FlaskClient) -> None:
    answer = client.get("/api/search?q=%E5%A1%9E%E4%B8%8A%E6%B1%9F%E5%8D%97%E4%B8%89%E5%8F%B7%E6%A5%BC&limit=1")
    assert answer.content_type == "application/json"
    (hit,) = answer.get_json()["hits"]
    assert hit["code"] == f"{CODE}-S3"
    assert hit["name"] == "3号楼"
    assert hit["context"] == "瑞宁社区 · 塞上江南小区"
    assert 113.101 < hit["lon"] < 113.102
    assert 41.031 < hit["lat"] < 41.0315


def test_nothing_found_is_an_empty_list(client: FlaskClient) -> None:
    assert client.get("/api/search?q=qqqq").get_json() == {"hits": []}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "q"), ("q=", "q"), ("q=%20%20", "q"), ("q=%E2%80%8B", "q"), ("q=a%00b", "q"), ("q=" + "x" * 101, "q"), ("q=1&q=2", "q"),
        ("q=1&limit=0", "limit"), ("q=1&limit=9", "limit"), ("q=1&limit=-1", "limit"), ("q=1&limit=eight", "limit"), ("q=1&limit=", "limit"),
        ("q=1&limit=1.5", "limit"), ("q=1&limit=%EF%BC%93", "limit"), ("q=1&limit=1_0", "limit"), ("q=1&limit=1&limit=2", "limit"),
        ("q=1&limit=99999999999999999999", "limit"), ("q=1&on=tomorrow", "on"), ("q[]=1", "q"),
    ],
)  # fmt: skip
def test_a_bad_value_is_400_and_its_field_is_named(client: FlaskClient, query: str, field: str) -> None:
    answer = client.get(f"/api/search?{query}")
    assert answer.status_code == 400, answer.text
    assert answer.content_type == "application/problem+json"
    assert answer.get_json(force=True)["field"] == field


@pytest.mark.parametrize("query", ["q=%ED%A0%80", "q=%FF%FE", "q=%F0%9F%98%80", "q=" + "%F0%A0%AE%B7" * 100])
def test_odd_bytes_are_answered_or_refused(client: FlaskClient, query: str) -> None:
    assert client.get(f"/api/search?{query}").status_code in {200, 400}


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_found_and_comes_back_verbatim(client: FlaskClient, text: str) -> None:
    assert f"瑞宁社区 · 塞上江南小区 · {text}" in names(client, text)


def test_the_label_of_a_role_follows_the_reader(client: FlaskClient) -> None:
    asked = {"query_string": {"q": "shansai"}}
    chinese = client.get("/api/search", **asked, headers={"Accept-Language": "zh-CN"}).get_json()["hits"][0]
    english = client.get("/api/search", **asked, headers={"Accept-Language": "en"}).get_json()["hits"][0]
    assert (chinese["name"], chinese["role"], chinese["role_name"]) == ("单塞", "building_leader", "楼栋长")
    assert english["role_name"] == "Building leader"


def test_a_viewer_finds_what_lies_below_the_grant(clients: Callable[..., FlaskClient]) -> None:
    viewer = clients("viewer", Level.VIEWER, f"{CODE}-D")
    assert names(viewer, "3号楼") == ["瑞宁社区 · 东苑 · 3号楼"]
    assert names(viewer, "单") == ["瑞宁社区 · 东苑 · 3号楼 · 单东"]
    assert names(viewer, "塞上江南") == []


def test_a_partner_may_not_search(clients: Callable[..., FlaskClient]) -> None:
    assert clients("partner", Level.PARTNER, CODE).get("/api/search?q=3").status_code == 403


def test_another_day_has_other_names(client: FlaskClient) -> None:
    assert names(client, "东苑", on="1990-01-01") == ["瑞宁社区 · 东苑"]  # valid from unbounded


def test_a_search_is_one_statement_beside_the_sign_in(
    client: FlaskClient, planted: tuple[Database, Town], statements: Any
) -> None:
    names(client, "3号楼")  # who asks is now known for a second
    with statements(planted[0].reading_engine) as seen:
        names(client, "3号楼")
    assert len([statement for statement in seen if "addressed" in statement]) == 1
    assert len(seen) <= 2


@pytest.fixture
def run(planted: tuple[Database, Town], monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """A function that runs `gridmap search` on the planted database and gives what it prints."""

    @contextmanager
    def opened() -> Iterator[Database]:
        yield planted[0]

    monkeypatch.setattr(command, "opened", opened)

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(command.search, arguments, catch_exceptions=False, standalone_mode=False)
        return done.output

    return run


def test_the_command_prints_a_line_for_each_hit(run: Callable[..., str]) -> None:
    (line, _) = run("塞上江南三号楼").splitlines()
    assert line.startswith(f"{CODE}-S3  3号楼  瑞宁社区 · 塞上江南小区  113.10")
    assert "单塞 (Building leader)" in run("shansai")
    assert run("qqqq") == "nothing found\n"


def test_the_command_takes_several_words_and_prints_json(run: Callable[..., str]) -> None:
    hits = json.loads(run("Saishang", "Jiangnan", "Building", "3", "--json", "--limit", "1"))["hits"]
    assert [hit["code"] for hit in hits] == [f"{CODE}-S3"]


def test_the_command_looks_in_one_community(run: Callable[..., str]) -> None:
    assert run("3号楼", "--community", CODE).count("3号楼") >= 2
    with pytest.raises(UnknownPlace, match="nowhere"):
        run("3号楼", "--community", "nowhere")


def test_the_command_names_what_it_cannot_use(run: Callable[..., str]) -> None:
    with pytest.raises(BadInput, match="TEXT"):
        run("x" * 101)
    with pytest.raises(BadInput, match="--on"):
        run("3号楼", "--on", "tomorrow")
