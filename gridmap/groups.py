"""The community's own institutions; so far the channels by which a place's residents are reached."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.database import Base, period


class Channel(Base):
    """A group chat of a place (单元微信群): its name only, never its content or members."""

    __tablename__ = "channel"
    __table_args__ = (
        period("during"),
        CheckConstraint("name ~ '[^[:space:]]' and length(name) <= 200", name="name"),
        Index(None, "place_id"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    place_id: Mapped[int] = mapped_column(ForeignKey("place.id"))
    name: Mapped[str]
    during: Mapped[Range[date]]
