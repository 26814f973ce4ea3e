"""The record of every write: who, when, what. Triggers write it, so that no path passes it by."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, LargeBinary, func
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.database import Base


class AuditRecord(Base):
    """One row written: personal values stand aside in `AuditPersonal`, of which this holds only a hash."""

    __tablename__ = "audit_record"
    __table_args__ = (Index(None, "at"), Index(None, "table_name", "key"))

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    transaction: Mapped[int] = mapped_column(BigInteger)
    actor: Mapped[str]
    action: Mapped[str]
    """insert, update, delete; or the name of an event, such as "sign in"."""
    table_name: Mapped[str]
    key: Mapped[str]
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    personal_hash: Mapped[bytes | None] = mapped_column(LargeBinary)


class AuditPersonal(Base):
    """The personal values of a record; erased when a person's data are, the record and its hash remain."""

    __tablename__ = "audit_personal"

    record_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("audit_record.id", ondelete="CASCADE"), primary_key=True
    )
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    """Makes the hash of a phone number useless once this row is erased."""
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
