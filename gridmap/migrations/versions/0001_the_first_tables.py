"""The first tables."""

from __future__ import annotations

from importlib.resources import files

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_record",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("transaction", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("personal_hash", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_record")),
    )
    op.create_index(op.f("ix_audit_record_at"), "audit_record", ["at"], unique=False)
    op.create_index(op.f("ix_audit_record_table_name_key"), "audit_record", ["table_name", "key"], unique=False)
    op.create_table(
        "place",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("community_id", sa.Integer(), nullable=True),
        sa.Column(
            "as_community",
            sa.Integer(),
            sa.Computed("case when kind = 'community' then id end", persisted=True),
            nullable=True,
        ),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=True),
        sa.Column("metric_srid", sa.Integer(), nullable=True),
        sa.Column("timezone", sa.Text(), nullable=True),
        sa.Column(
            "envelope",
            Geometry(
                geometry_type="POLYGON",
                srid=4490,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            nullable=True,
        ),
        sa.Column("sample", sa.Boolean(), nullable=True),
        sa.Column("office_phone", sa.Text(), nullable=True),
        sa.Column("founded", sa.Date(), nullable=True),
        sa.Column("declared_area_m2", sa.Double(), nullable=True),
        sa.Column("facility_kind", sa.Text(), nullable=True),
        sa.CheckConstraint("(kind = 'facility') = (facility_kind is not null)", name=op.f("ck_place_facility_kind")),
        sa.CheckConstraint("(kind = 'region') = (community_id is null)", name=op.f("ck_place_community")),
        sa.CheckConstraint("code ~ '^[^/[:cntrl:][:space:]]{1,64}$' and code !~ '^[.]+$'", name=op.f("ck_place_code")),
        sa.CheckConstraint("source_id ~ '[^[:space:]]' and length(source_id) <= 200", name=op.f("ck_place_source_id")),
        sa.CheckConstraint(
            "case when kind = 'community' then num_nulls(metric_srid, timezone, envelope) = 0 else num_nonnulls(metric_srid, timezone, envelope, sample, office_phone, founded, declared_area_m2) = 0 end",
            name=op.f("ck_place_community_settings"),
        ),
        sa.CheckConstraint(
            "(kind = 'community') = (community_id is not distinct from id)", name=op.f("ck_place_own_community")
        ),
        sa.CheckConstraint(
            "not ST_IsEmpty(envelope) and ST_IsValid(envelope) and ST_XMin(envelope) >= -180 and ST_XMax(envelope) <= 180 and ST_YMin(envelope) >= -90 and ST_YMax(envelope) <= 90 and ST_XMax(envelope) - ST_XMin(envelope) <= 5 and ST_YMax(envelope) - ST_YMin(envelope) <= 5",
            name=op.f("ck_place_envelope"),
        ),
        sa.CheckConstraint("length(office_phone) between 1 and 40", name=op.f("ck_place_office_phone")),
        sa.CheckConstraint("founded between '1000-01-01' and '9999-12-31'", name=op.f("ck_place_founded")),
        sa.CheckConstraint("declared_area_m2 > 0 and declared_area_m2 < 1e12", name=op.f("ck_place_declared_area")),
        sa.CheckConstraint(
            "facility_kind ~ '[^[:space:]]' and length(facility_kind) <= 60", name=op.f("ck_place_facility_kind_text")
        ),
        sa.CheckConstraint(
            "kind in ('entrance', 'building', 'facility', 'cluster', 'grid_cell', 'compound', 'community', 'region')",
            name=op.f("ck_place_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["community_id"],
            ["place.as_community"],
            name=op.f("fk_place_community_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place")),
        sa.UniqueConstraint("as_community", name=op.f("uq_place_as_community")),
        sa.UniqueConstraint("code", name=op.f("uq_place_code")),
        sa.UniqueConstraint("community_id", "source_id", name=op.f("uq_place_community_id_source_id")),
        sa.UniqueConstraint("id", "community_id", name=op.f("uq_place_id_community_id")),
        sa.UniqueConstraint("id", "kind", name=op.f("uq_place_id_kind")),
    )
    op.create_index(op.f("ix_place_community_id_kind"), "place", ["community_id", "kind"], unique=False)
    op.create_table(
        "problem",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("label_zh", sa.Text(), nullable=False),
        sa.Column("label_en", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "label_zh ~ '[^[:space:]]' and length(label_zh) <= 100 and label_en ~ '[^[:space:]]' and length(label_en) <= 100",
            name=op.f("ck_problem_labels"),
        ),
        sa.CheckConstraint("code ~ '^[a-z][a-z_]{1,40}$'", name=op.f("ck_problem_code")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_problem")),
    )
    op.create_table(
        "role",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("label_zh", sa.Text(), nullable=False),
        sa.Column("label_en", sa.Text(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("single_holder", sa.Boolean(), nullable=False),
        sa.Column("acts", sa.Boolean(), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.CheckConstraint("code ~ '^[a-z][a-z_]{1,40}$'", name=op.f("ck_role_code")),
        sa.CheckConstraint("kind <> 'household' or not public", name=op.f("ck_role_household_private")),
        sa.CheckConstraint("kind in ('leader', 'staff', 'office', 'household', 'service')", name=op.f("ck_role_kind")),
        sa.CheckConstraint(
            "label_zh ~ '[^[:space:]]' and length(label_zh) <= 100 and label_en ~ '[^[:space:]]' and length(label_en) <= 100",
            name=op.f("ck_role_labels"),
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_role")),
        sa.UniqueConstraint("code", "single_holder", name=op.f("uq_role_code_single_holder")),
    )
    op.create_table(
        "sign_in",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("succeeded", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in")),
    )
    op.create_index(op.f("ix_sign_in_address_at"), "sign_in", ["address", "at"], unique=False)
    op.create_index(op.f("ix_sign_in_name_at"), "sign_in", ["name", "at"], unique=False)
    op.create_table(
        "audit_personal",
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(
            ["record_id"], ["audit_record.id"], name=op.f("fk_audit_personal_record_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_audit_personal")),
    )
    op.create_table(
        "channel",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("during", postgresql.DATERANGE(), nullable=False),
        sa.CheckConstraint("name ~ '[^[:space:]]' and length(name) <= 200", name=op.f("ck_channel_name")),
        sa.CheckConstraint(
            "not isempty(during) and coalesce(lower(during), '2000-01-01') >= '1000-01-01' and coalesce(upper(during), '2000-01-01') <= '9999-12-31'",
            name=op.f("ck_channel_during"),
        ),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_channel_place_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel")),
    )
    op.create_index(op.f("ix_channel_place_id"), "channel", ["place_id"], unique=False)
    op.create_table(
        "organization",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("community_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("phone_24h", sa.Text(), nullable=True),
        sa.Column("search", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.CheckConstraint("name ~ '[^[:space:]]' and length(name) <= 200", name=op.f("ck_organization_name")),
        sa.CheckConstraint(
            "length(phone) between 1 and 40 and length(phone_24h) between 1 and 40", name=op.f("ck_organization_phone")
        ),
        sa.CheckConstraint("length(kind) between 1 and 60", name=op.f("ck_organization_kind")),
        sa.CheckConstraint("array_position(search, null) is null", name=op.f("ck_organization_search")),
        sa.ForeignKeyConstraint(["community_id"], ["place.as_community"], name=op.f("fk_organization_community_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organization")),
    )
    op.create_index(op.f("ix_organization_community_id"), "organization", ["community_id"], unique=False)
    op.create_index(
        "ix_organization_search",
        "organization",
        [sa.text("array_to_tsvector(search)")],
        unique=False,
        postgresql_using="gin",
    )
    op.create_table(
        "person",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("community_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("search", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.CheckConstraint("name ~ '[^[:space:]]' and length(name) <= 200", name=op.f("ck_person_name")),
        sa.CheckConstraint("length(phone) between 1 and 40", name=op.f("ck_person_phone")),
        sa.CheckConstraint("array_position(search, null) is null", name=op.f("ck_person_search")),
        sa.ForeignKeyConstraint(["community_id"], ["place.as_community"], name=op.f("fk_person_community_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
    )
    op.create_index(op.f("ix_person_community_id"), "person", ["community_id"], unique=False)
    op.create_index(
        "ix_person_search", "person", [sa.text("array_to_tsvector(search)")], unique=False, postgresql_using="gin"
    )
    op.create_table(
        "place_version",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("community_id", sa.Integer(), nullable=True),
        sa.Column("valid", postgresql.DATERANGE(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("aliases", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("search", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("grid_cell_id", sa.Integer(), nullable=True),
        sa.Column("cluster_id", sa.Integer(), nullable=True),
        sa.Column(
            "geom",
            Geometry(srid=4490, dimension=2, spatial_index=False, from_text="ST_GeomFromEWKT", name="geometry"),
            nullable=True,
        ),
        sa.Column("households", sa.Integer(), nullable=True),
        sa.Column("residents", sa.Integer(), nullable=True),
        sa.Column("floors", sa.Integer(), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.column("place_id"), "="),
            (sa.column("valid"), "&&"),
            deferrable=True,
            initially="IMMEDIATE",
            using="gist",
            name="one_version_at_a_time",
        ),
        sa.CheckConstraint("(kind = 'region') = (community_id is null)", name=op.f("ck_place_version_community")),
        sa.CheckConstraint(
            "geom is not null or kind in ('region', 'cluster')", name=op.f("ck_place_version_geom_given")
        ),
        sa.CheckConstraint(
            "kind in ('entrance') and ST_GeometryType(geom) = 'ST_Point' or kind in ('facility') and ST_GeometryType(geom) in ('ST_Point', 'ST_Polygon', 'ST_MultiPolygon') or kind not in ('entrance', 'facility') and ST_GeometryType(geom) in ('ST_Polygon', 'ST_MultiPolygon')",
            name=op.f("ck_place_version_geom_type"),
        ),
        sa.CheckConstraint("name ~ '[^[:space:]]' and length(name) <= 200", name=op.f("ck_place_version_name")),
        sa.CheckConstraint(
            "parent_id is not null or kind in ('region', 'community')", name=op.f("ck_place_version_parent_given")
        ),
        sa.CheckConstraint("parent_id <> place_id", name=op.f("ck_place_version_parent_other")),
        sa.CheckConstraint(
            "grid_cell_id is null or kind in ('entrance', 'building', 'facility', 'cluster')",
            name=op.f("ck_place_version_grid_cell"),
        ),
        sa.CheckConstraint("cluster_id is null or kind = 'building'", name=op.f("ck_place_version_cluster")),
        sa.CheckConstraint(
            "array_position(aliases, null) is null and cardinality(aliases) <= 100 and length(array_to_string(aliases, '')) <= 5000",
            name=op.f("ck_place_version_aliases"),
        ),
        sa.CheckConstraint("array_position(search, null) is null", name=op.f("ck_place_version_search")),
        sa.CheckConstraint(
            "households >= 0 and residents >= 0 and floors between 0 and 200", name=op.f("ck_place_version_counts")
        ),
        sa.CheckConstraint(
            "not ST_IsEmpty(geom) and ST_IsValid(geom) and ST_XMin(geom) >= -180 and ST_XMax(geom) <= 180 and ST_YMin(geom) >= -90 and ST_YMax(geom) <= 90",
            name=op.f("ck_place_version_geom_valid"),
        ),
        sa.CheckConstraint(
            "not isempty(valid) and coalesce(lower(valid), '2000-01-01') >= '1000-01-01' and coalesce(upper(valid), '2000-01-01') <= '9999-12-31'",
            name=op.f("ck_place_version_valid"),
        ),
        sa.ForeignKeyConstraint(
            ["cluster_id", "community_id"],
            ["place.id", "place.community_id"],
            name=op.f("fk_place_version_cluster_id_community_id"),
        ),
        sa.ForeignKeyConstraint(
            ["grid_cell_id", "community_id"],
            ["place.id", "place.community_id"],
            name=op.f("fk_place_version_grid_cell_id_community_id"),
        ),
        sa.ForeignKeyConstraint(["parent_id"], ["place.id"], name=op.f("fk_place_version_parent_id")),
        sa.ForeignKeyConstraint(
            ["place_id", "community_id"],
            ["place.id", "place.community_id"],
            name=op.f("fk_place_version_place_id_community_id"),
        ),
        sa.ForeignKeyConstraint(
            ["place_id", "kind"], ["place.id", "place.kind"], name=op.f("fk_place_version_place_id_kind")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place_version")),
    )
    op.create_index(op.f("ix_place_version_cluster_id"), "place_version", ["cluster_id"], unique=False)
    op.create_index(op.f("ix_place_version_community_id_kind"), "place_version", ["community_id", "kind"], unique=False)
    op.create_index(op.f("ix_place_version_geom"), "place_version", ["geom"], unique=False, postgresql_using="gist")
    op.create_index(op.f("ix_place_version_grid_cell_id"), "place_version", ["grid_cell_id"], unique=False)
    op.create_index(op.f("ix_place_version_parent_id"), "place_version", ["parent_id"], unique=False)
    op.create_index(op.f("ix_place_version_place_id"), "place_version", ["place_id"], unique=False)
    op.create_index(
        "ix_place_version_search",
        "place_version",
        [sa.text("array_to_tsvector(search)")],
        unique=False,
        postgresql_using="gin",
    )
    op.create_table(
        "role_place",
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "kind in ('entrance', 'building', 'facility', 'cluster', 'grid_cell', 'compound', 'community', 'region')",
            name=op.f("ck_role_place_kind"),
        ),
        sa.ForeignKeyConstraint(["role"], ["role.code"], name=op.f("fk_role_place_role"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("role", "kind", name=op.f("pk_role_place")),
    )
    op.create_table(
        "role_problem",
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["problem"], ["problem.code"], name=op.f("fk_role_problem_problem"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["role"], ["role.code"], name=op.f("fk_role_problem_role"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("problem", "role", name=op.f("pk_role_problem")),
    )
    op.create_table(
        "way",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("community_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("valid", postgresql.DATERANGE(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("tags", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                srid=4490,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        postgresql.ExcludeConstraint(
            (sa.column("community_id"), "="),
            (sa.column("source_id"), "="),
            (sa.column("valid"), "&&"),
            deferrable=True,
            initially="IMMEDIATE",
            using="gist",
            name="one_way_at_a_time",
        ),
        sa.CheckConstraint(
            "ST_GeometryType(geom) = 'ST_LineString' or kind in ('gate', 'barrier') and ST_GeometryType(geom) = 'ST_Point'",
            name=op.f("ck_way_geom_type"),
        ),
        sa.CheckConstraint("source_id ~ '[^[:space:]]' and length(source_id) <= 200", name=op.f("ck_way_source_id")),
        sa.CheckConstraint("length(name) <= 200", name=op.f("ck_way_name")),
        sa.CheckConstraint("jsonb_typeof(tags) = 'object'", name=op.f("ck_way_tags")),
        sa.CheckConstraint("kind in ('wall', 'gate', 'path', 'road', 'barrier')", name=op.f("ck_way_kind")),
        sa.CheckConstraint(
            "not ST_IsEmpty(geom) and ST_IsValid(geom) and ST_XMin(geom) >= -180 and ST_XMax(geom) <= 180 and ST_YMin(geom) >= -90 and ST_YMax(geom) <= 90",
            name=op.f("ck_way_geom_valid"),
        ),
        sa.CheckConstraint(
            "not isempty(valid) and coalesce(lower(valid), '2000-01-01') >= '1000-01-01' and coalesce(upper(valid), '2000-01-01') <= '9999-12-31'",
            name=op.f("ck_way_valid"),
        ),
        sa.ForeignKeyConstraint(["community_id"], ["place.as_community"], name=op.f("fk_way_community_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_way")),
    )
    op.create_index(op.f("ix_way_community_id"), "way", ["community_id"], unique=False)
    op.create_index(op.f("ix_way_geom"), "way", ["geom"], unique=False, postgresql_using="gist")
    op.create_table(
        "appointment",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("single_holder", sa.Boolean(), nullable=False),
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("organization_id", sa.Integer(), nullable=True),
        sa.Column("during", postgresql.DATERANGE(), nullable=False),
        sa.Column("consent", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.column("place_id"), "="),
            (sa.column("role"), "="),
            (sa.column("during"), "&&"),
            where=sa.text("single_holder"),
            deferrable=True,
            initially="IMMEDIATE",
            using="gist",
            name="one_holder_at_a_time",
        ),
        postgresql.ExcludeConstraint(
            (sa.column("place_id"), "="),
            (sa.column("role"), "="),
            (sa.column("organization_id"), "="),
            (sa.column("during"), "&&"),
            where=sa.text("organization_id is not null"),
            deferrable=True,
            initially="IMMEDIATE",
            using="gist",
            name="one_term_of_an_organization",
        ),
        postgresql.ExcludeConstraint(
            (sa.column("place_id"), "="),
            (sa.column("role"), "="),
            (sa.column("person_id"), "="),
            (sa.column("during"), "&&"),
            where=sa.text("person_id is not null"),
            deferrable=True,
            initially="IMMEDIATE",
            using="gist",
            name="one_term_of_a_person",
        ),
        sa.CheckConstraint("(person_id is null) <> (organization_id is null)", name=op.f("ck_appointment_one_holder")),
        sa.CheckConstraint("length(note) <= 500", name=op.f("ck_appointment_note")),
        sa.CheckConstraint(
            "not isempty(during) and coalesce(lower(during), '2000-01-01') >= '1000-01-01' and coalesce(upper(during), '2000-01-01') <= '9999-12-31'",
            name=op.f("ck_appointment_during"),
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=op.f("fk_appointment_organization_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_appointment_person_id")),
        sa.ForeignKeyConstraint(
            ["place_id", "kind"], ["place.id", "place.kind"], name=op.f("fk_appointment_place_id_kind")
        ),
        sa.ForeignKeyConstraint(
            ["role", "kind"], ["role_place.role", "role_place.kind"], name=op.f("fk_appointment_role_kind")
        ),
        sa.ForeignKeyConstraint(
            ["role", "single_holder"],
            ["role.code", "role.single_holder"],
            name=op.f("fk_appointment_role_single_holder"),
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointment")),
    )
    op.create_index(op.f("ix_appointment_organization_id"), "appointment", ["organization_id"], unique=False)
    op.create_index(op.f("ix_appointment_person_id"), "appointment", ["person_id"], unique=False)
    op.create_index(op.f("ix_appointment_place_id"), "appointment", ["place_id"], unique=False)
    op.create_table(
        "user_account",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.Column("locked", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "level in ('admin', 'staff', 'leader', 'viewer', 'partner', 'auditor')", name=op.f("ck_user_account_level")
        ),
        sa.CheckConstraint("name ~ '^[^[:cntrl:][:space:]]{2,60}$'", name=op.f("ck_user_account_name")),
        sa.CheckConstraint("starts_with(password_hash, '$argon2id$')", name=op.f("ck_user_account_password_hash")),
        sa.CheckConstraint("name = lower(name)", name=op.f("ck_user_account_name_lower")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_user_account_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("name", name=op.f("uq_user_account_name")),
    )
    op.create_table(
        "api_token",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_api_token_user_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_api_token")),
    )
    op.create_index(op.f("ix_api_token_user_id"), "api_token", ["user_id"], unique=False)
    op.create_table(
        "leave",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("appointment_id", sa.Integer(), nullable=False),
        sa.Column("during", postgresql.DATERANGE(), nullable=False),
        sa.Column("deputy_id", sa.Integer(), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.column("appointment_id"), "="),
            (sa.column("during"), "&&"),
            deferrable=True,
            initially="IMMEDIATE",
            using="gist",
            name="one_leave_at_a_time",
        ),
        sa.CheckConstraint(
            "not isempty(during) and coalesce(lower(during), '2000-01-01') >= '1000-01-01' and coalesce(upper(during), '2000-01-01') <= '9999-12-31'",
            name=op.f("ck_leave_during"),
        ),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"], name=op.f("fk_leave_appointment_id")),
        sa.ForeignKeyConstraint(["deputy_id"], ["person.id"], name=op.f("fk_leave_deputy_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leave")),
    )
    op.create_index(op.f("ix_leave_appointment_id"), "leave", ["appointment_id"], unique=False)
    op.create_index(op.f("ix_leave_deputy_id"), "leave", ["deputy_id"], unique=False)
    op.create_table(
        "user_grant",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_user_grant_place_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_user_grant_user_id")),
        sa.PrimaryKeyConstraint("user_id", "place_id", name=op.f("pk_user_grant")),
    )
    op.create_table(
        "user_session",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("agent", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_user_session_user_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_user_session")),
    )
    op.create_index(op.f("ix_user_session_user_id"), "user_session", ["user_id"], unique=False)
    here = files("gridmap.migrations.versions")
    for script in ("0001_places.sql", "0001_duties.sql", "0001_audit.sql", "0001_rights.sql", "0001_roles.sql"):
        op.get_bind().exec_driver_sql(here.joinpath(script).read_text("utf-8").replace("%", "%%"))


def downgrade() -> None:
    op.drop_table("user_session")
    op.drop_table("user_grant")
    op.drop_table("leave")
    op.drop_table("api_token")
    op.drop_table("user_account")
    op.drop_table("appointment")
    op.drop_table("way")
    op.drop_table("role_problem")
    op.drop_table("role_place")
    op.drop_table("place_version")
    op.drop_table("person")
    op.drop_table("organization")
    op.drop_table("channel")
    op.drop_table("audit_personal")
    op.drop_table("sign_in")
    op.drop_table("role")
    op.drop_table("problem")
    op.drop_table("place")
    op.drop_table("audit_record")
    for function in (
        "grant_runtime(text)",
        "audit_table(regclass, text, text, text, text)",
        "refuse_truncate()",
        "audit_event(text, text, jsonb)",
        "audit_rows()",
        "audit_hash(bytea, jsonb, jsonb)",
        "refuse_stray_leaves()",
        "wait_for_appointment()",
        "refuse_foreign_holders()",
        "wait_for_place()",
        "refuse_overlapping_cells()",
        "refuse_stray_ways()",
        "refuse_stray_versions()",
        "refuse_unusable_community()",
        "refuse_new_identity()",
    ):
        op.execute(f"drop function {function}")
