"""`gridmap user` and `gridmap token`, as they are typed."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from gridmap.access import authenticate
from gridmap.database import Database
from gridmap.errors import NotSignedIn
from tests.gridmap.access_town import START, settle
from tests.gridmap.conftest import CODE, Town
from tests.web.site import Site, site
from web.commands import main

__all__ = ["site"]

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], site: Site) -> Run:
    """Type a command at the site's machine; returns exit code, output and complaint."""
    monkeypatch.setenv("DATABASE_URL", site.database.url)
    monkeypatch.setenv("GRIDMAP_OWNER_URL", site.database.owner_url)

    def typed(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["gridmap", *words])
        with pytest.raises(SystemExit) as end:
            main()
        said = capsys.readouterr()
        return int(end.value.code or 0), said.out, said.err

    return typed


def test_add_prints_a_one_time_password_and_nothing_else(run: Run, site: Site) -> None:
    code, out, err = run("user", "add", "Zhao", "--level", "admin")
    assert (code, err) == (0, "")
    assert re.fullmatch(r"[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}\n", out)
    assert authenticate(site.database, "zhao", out.strip(), now=START).must_change_password


def test_reset_makes_the_old_password_worthless(run: Run, site: Site) -> None:
    _, first, _ = run("user", "add", "qian", "--level", "viewer")
    _, second, _ = run("user", "reset", "qian")
    with pytest.raises(NotSignedIn):
        authenticate(site.database, "qian", first.strip(), now=START)
    assert authenticate(site.database, "qian", second.strip(), now=START)


def test_lock_and_unlock(run: Run, site: Site) -> None:
    _, password, _ = run("user", "add", "sun", "--level", "viewer")
    assert run("user", "lock", "sun") == (0, "", "")
    with pytest.raises(NotSignedIn):
        authenticate(site.database, "sun", password.strip(), now=START)
    assert run("user", "unlock", "sun") == (0, "", "")
    assert authenticate(site.database, "sun", password.strip(), now=START)


def test_a_token_stands_alone_and_works_at_once_until_revoked(run: Run, site: Site) -> None:
    run("user", "add", "li", "--level", "viewer", "--place", CODE)
    code, out, err = run("token", "create", "li")
    assert (code, err) == (0, "")
    assert re.fullmatch(r"gridmap_[\w-]{43}\n", out)
    asked = {"headers": {"Authorization": f"Bearer {out.strip()}"}}
    client = site.app.test_client()
    assert client.get("/api/search?q=1", **asked).status_code == 200
    assert run("token", "revoke", "li") == (0, "1 ended\n", "")
    site.clock.forward(seconds=1)
    assert client.get("/api/search?q=1", **asked).status_code == 401


def test_a_leader_is_added_by_the_name_of_the_person(run: Run, site: Site) -> None:
    with site.database.writing("test") as session:
        Town(session, community=site.ids["T"]).person("周某")
    assert run("user", "add", "zhou", "--level", "leader", "--person", "周某")[0] == 0
    listed = next(row for row in json.loads(run("user", "list", "--json")[1]) if row["name"] == "zhou")
    assert (listed["level"], listed["person"], listed["places"]) == ("leader", "周某", [])


def test_the_list_is_a_table_for_people(run: Run) -> None:
    run("user", "add", "wu", "--level", "staff", "--place", f"{CODE}-K1", "--place", f"{CODE}-K2")
    code, out, _ = run("user", "list")
    assert code == 0
    assert re.search(rf"^wu +staff +{CODE}-K1 {CODE}-K2 +- +one-time password +-$", out, re.MULTILINE)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("add", "two words", "--level", "admin"), "a name has 2 to 60 signs"),
        (("add", "somebody", "--level", "leader"), "give --person"),
        (("add", "somebody", "--level", "leader", "--person", "无此人"), "无此人"),
        (("add", "somebody", "--level", "staff", "--place", "nowhere"), "nowhere"),
        (("add", "somebody", "--level", "admin", "--place", CODE), "leave the place out"),
        (("reset", "ghost"), "ghost"),
        (("lock", "ghost"), "ghost"),
        (("unlock", "ghost"), "ghost"),
    ],
)
def test_what_cannot_be_done_is_one_plain_line_and_exit_1(run: Run, words: tuple[str, ...], reason: str) -> None:
    code, out, err = run("user", *words)
    assert (code, out) == (1, "")
    assert err.startswith("gridmap: ")
    assert reason in err
    assert err.count("\n") == 1


def test_an_account_that_exists_is_not_made_again(run: Run) -> None:
    run("user", "add", "zheng", "--level", "admin")
    code, _, err = run("user", "add", "ZHENG", "--level", "admin")
    assert code == 1
    assert "zheng exists" in err


@pytest.mark.parametrize(
    "words",
    [
        ("user", "add", "x"),
        ("user", "add", "xx", "--level", "king"),
        ("user", "add"),
        ("token", "create"),
        ("user", "fly"),
    ],
)
def test_a_command_typed_wrongly_is_exit_2(run: Run, words: tuple[str, ...]) -> None:
    code, _, err = run(*words)
    assert code == 2
    assert "Error: " in err


@pytest.mark.parametrize(
    "command",
    [
        "serve",
        "user",
        "user add",
        "user reset",
        "user lock",
        "user unlock",
        "user list",
        "token create",
        "token revoke",
    ],
)
def test_every_command_explains_itself_with_an_example(run: Run, command: str) -> None:
    code, out, _ = run(*command.split(), "--help")
    assert code == 0
    if command not in {"user", "token"}:
        assert re.search(rf"Examples?:\n(.*\n)* +.*gridmap {command}", out)


def test_accounts_made_at_the_shell_are_on_record_under_its_login(run: Run, site: Site) -> None:
    run("user", "add", "wang", "--level", "admin")
    with site.database.reading() as session:
        actors = session.scalars(
            sa.text("select actor from audit_record where table_name = 'user_account' and after ->> 'name' = 'wang'")
        ).all()
    assert len(actors) == 1
    assert actors[0].startswith("cli:")


def test_without_a_place_the_only_community_is_taken_and_of_two_one_must_be_named(
    run: Run, monkeypatch: pytest.MonkeyPatch, new_database: Callable[..., Database]
) -> None:
    database = new_database()
    monkeypatch.setenv("DATABASE_URL", database.url)
    monkeypatch.setenv("GRIDMAP_OWNER_URL", database.owner_url)
    code, _, err = run("user", "add", "first", "--level", "staff")
    assert (code, "no community is on record yet" in err) == (1, True)
    with database.writing("test") as session:
        settle(session)
    assert run("user", "add", "second", "--level", "staff")[0] == 0
    assert json.loads(run("user", "list", "--json")[1])[0]["places"] == [CODE]
