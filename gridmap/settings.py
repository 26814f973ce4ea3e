"""Settings of one installation, read from the environment and from `.env`."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from gridmap.errors import NotConfigured

KNOWN_SECRETS = frozenset({"dev", "secret", "changeme", "development", "test", "gridmap"})
SECRET_LENGTH = 32


def data_home() -> Path:
    """The folder for GridMap's data when none is configured: the user's data home, `/var/lib/gridmap` for root."""
    if os.geteuid() == 0:
        return Path("/var/lib/gridmap")
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "gridmap"


class Settings(BaseSettings):
    """One installation; every field has the environment variable named in its alias."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True, populate_by_name=True)

    database_url: str | None = Field(None, alias="DATABASE_URL")
    owner_url: str | None = Field(None, alias="GRIDMAP_OWNER_URL")
    data: Path = Field(default_factory=data_home, alias="GRIDMAP_DATA")
    secret_key: str | None = Field(None, alias="GRIDMAP_SECRET_KEY")
    public_url: str | None = Field(None, alias="GRIDMAP_PUBLIC_URL")
    host: str = Field("127.0.0.1", alias="GRIDMAP_HOST")
    port: int = Field(8000, alias="GRIDMAP_PORT", ge=0, le=65535)
    trusted_hosts: str | None = Field(None, alias="GRIDMAP_TRUSTED_HOSTS")
    trusted_proxies: int = Field(0, alias="GRIDMAP_TRUSTED_PROXIES", ge=0, le=8)
    basemap: str = Field("none", alias="GRIDMAP_BASEMAP")
    tianditu_key: str | None = Field(None, alias="GRIDMAP_TIANDITU_KEY")
    map_approval: str | None = Field(None, alias="GRIDMAP_MAP_APPROVAL")
    shared: Path = Field(Path("../shared"), alias="GRIDMAP_SHARED")

    @field_validator("database_url", "owner_url")
    @classmethod
    def _name_the_driver(cls, url: str | None) -> str | None:
        """Accept the address in the form that other programs use: without SQLAlchemy's driver name."""
        if not url:
            return None
        for plain in ("postgresql://", "postgres://"):
            if url.startswith(plain):
                return "postgresql+psycopg://" + url.removeprefix(plain)
        if not url.startswith("postgresql+psycopg://"):
            msg = "is not the address of a PostgreSQL database: postgresql://user@host/name"
            raise ValueError(msg)
        return url

    @field_validator("database_url", "owner_url")
    @classmethod
    def _readable(cls, url: str | None) -> str | None:
        try:
            if url:
                make_url(url)
        except (ArgumentError, ValueError) as error:
            msg = "cannot be read as an address: postgresql://user:password@host:5432/name (odd characters as %xx)"
            raise ValueError(msg) from error
        return url

    @field_validator("data")
    @classmethod
    def _absolute(cls, folder: Path) -> Path:
        return folder.expanduser().resolve()

    def signing_key(self) -> str:
        """Return the key that signs cookies: the configured one, else one made once and kept in the data folder.

        Raises
        ------
        NotConfigured
            The configured key is short or one that everybody knows.
        """
        if self.secret_key is not None:
            if len(self.secret_key) < SECRET_LENGTH or self.secret_key.lower() in KNOWN_SECRETS:
                raise NotConfigured(
                    "GRIDMAP_SECRET_KEY is shorter than {length} characters or widely known; "
                    "unset it and GridMap makes and keeps one",
                    length=SECRET_LENGTH,
                )
            return self.secret_key
        file = self.data / "secret_key"
        try:
            self.data.mkdir(parents=True, exist_ok=True)
            # O_EXCL: of two processes that start together one makes the key and both use it.
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return file.read_text("ascii").strip()
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(secrets.token_urlsafe(48))
        return file.read_text("ascii").strip()
