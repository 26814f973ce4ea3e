"""The sample community in a database: everything is taken as it is, and the guards find nothing to refuse."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from geodata.load import store
from geodata.sample import CODE, community

AS_OF = date(2026, 3, 18)


def test_the_whole_sample_is_stored_and_storing_it_again_changes_nothing(session: Session) -> None:
    layers = community(as_of=AS_OF)
    report = store(session, layers)
    session.commit()
    assert {layer.layer: (layer.stored, layer.problems) for layer in report.layers} == {
        layer: (len(getattr(layers, layer)), ()) for layer in layers.given()
    }
    again = store(session, community(as_of=AS_OF))
    assert {layer.layer: (layer.stored, layer.unchanged) for layer in again.layers} == {
        layer: (0, len(getattr(layers, layer))) for layer in layers.given()
    }


def test_stored_cells_tile_the_stored_boundary(session: Session) -> None:
    store(session, community(as_of=AS_OF))
    gap = session.scalar(
        sa.text(
            "select ST_Area(ST_Transform(ST_SymDifference(b.geom, (select ST_Union(geom) from place_version"
            " where kind = 'grid_cell')), 4547)) from place_version b join place p on p.id = b.place_id where p.code = :code"
        ),
        {"code": CODE},
    )
    assert gap < 1e-6


def test_every_building_stands_in_the_tree(session: Session) -> None:
    store(session, community(as_of=AS_OF))
    rows = session.execute(
        sa.text(
            "select count(*) filter (where parent.kind = 'compound' and v.grid_cell_id is not null"
            " and v.cluster_id is not null) as whole, count(*) as every"
            " from place_version v left join place parent on parent.id = v.parent_id where v.kind = 'building'"
        )
    ).one()
    assert rows.whole == rows.every == 84
