"""Folders of somebody else, closed ones, odd ones: refused with what to do; an ordinary user needs no other user."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import tempfile
from pathlib import Path

import pytest

from gridmap.errors import NotConfigured
from gridmap.postgis import PrivatePostgis, folders
from tests.gridmap.postgis.conftest import NOBODY, ROOT, Child, processes_in


def test_a_planted_folder_is_refused(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planted = tree / "planted"
    planted.mkdir()
    monkeypatch.setattr(folders.os, "geteuid", lambda: planted.stat().st_uid + 1)
    with pytest.raises(NotConfigured, match="planted is not the database's own folder"):
        folders.private(planted, None)


def test_a_link_in_place_of_a_folder_is_refused(tree: Path) -> None:
    base = tree / "linked"
    base.mkdir(mode=0o711)
    for name in ("postgres", "postgres.socket"):
        (base / name).symlink_to(tempfile.gettempdir())
        with pytest.raises(NotConfigured, match=f"{name} is not the database's own folder"):
            PrivatePostgis(base).acquire()
        (base / name).unlink()


def test_a_home_of_somebody_else_is_refused(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = tree / "foreign"
    base.mkdir(mode=0o711)
    if ROOT:
        os.chown(base, NOBODY.pw_uid, NOBODY.pw_gid)
    else:
        monkeypatch.setattr(folders.os, "geteuid", lambda: base.stat().st_uid + 1)
    with pytest.raises(NotConfigured, match=r"it belongs to .*; run GridMap as that user"):
        PrivatePostgis(base).acquire()


def test_a_home_that_everybody_can_write_into_is_refused(tree: Path) -> None:
    base = tree / "open"
    base.mkdir()
    base.chmod(0o777)
    with pytest.raises(NotConfigured, match="everybody can write into"):
        PrivatePostgis(base).acquire()


def test_a_home_that_cannot_be_made_is_refused(tree: Path) -> None:
    (tree / "file").write_text("x")
    with pytest.raises(NotConfigured, match=r"cannot be used \(Not a directory\); set GRIDMAP_DATA"):
        PrivatePostgis(tree / "file" / "home").acquire()
    with pytest.raises(NotConfigured, match=r"cannot be used \(Not a directory\)"):
        PrivatePostgis(tree / "file").acquire()


def test_a_home_behind_a_closed_folder_is_refused(tree: Path) -> None:
    closed = tree / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(NotConfigured, match="closed is closed to the user daemon"):
        folders.check_passage(closed, pwd.getpwnam("daemon"))
    if ROOT:
        with pytest.raises(NotConfigured, match=r"closed is closed to the user postgres.*below /var/lib"):
            PrivatePostgis(closed / "home").acquire()
        assert not (closed / "home").exists()


def test_a_strict_umask_closes_nothing_that_must_be_open(tree: Path) -> None:
    before = os.umask(0o077)
    try:
        folders.prepare_home(tree / "strict", passable=True)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tree / "strict").stat().st_mode) == 0o711


def test_a_folder_with_something_else_in_it_is_left_alone(tree: Path) -> None:
    private = PrivatePostgis(tree / "full", durable=False)
    private.data.mkdir(parents=True, mode=0o700)
    (tree / "full").chmod(0o711)
    if private.user:
        os.chown(private.data, private.user.pw_uid, private.user.pw_gid)
    (private.data / "letter.txt").write_text("keep me")
    with pytest.raises(NotConfigured, match="postgres cannot be used"):
        private.acquire()
    assert (private.data / "letter.txt").read_text() == "keep me"


def test_an_ordinary_user_needs_no_other_user(tree: Path) -> None:
    """As root the child becomes `nobody`; otherwise it is whoever runs the tests."""
    base = tree / "ordinary"
    base.mkdir(mode=0o711)
    if ROOT:
        os.chown(base, NOBODY.pw_uid, NOBODY.pw_gid)
    child = Child(base / "home", uid=NOBODY if ROOT else None)
    child.says()
    owners = {path.stat().st_uid for path in (base / "home").rglob("*")}
    assert owners == {NOBODY.pw_uid if ROOT else os.geteuid()}
    assert stat.S_IMODE((base / "home").stat().st_mode) == 0o700
    child.leaves()
    assert processes_in(base) == []
    shutil.rmtree(base)
