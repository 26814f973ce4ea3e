"""The drawing of the made-up community: its streets, river, public land, and the frame in which it was drawn.

Drawn in metres, x to the east and y to the north of the middle of the community; `lonlat` turns the drawing a little
and sets it on the map. A compound has a `Frame` of its own, so that its rows can be drawn along its own axes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import cos, radians, sin
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.crs import Registered, in_metres
from geodata.crs import lonlat as degrees

Points = tuple[tuple[float, float], ...]

METRIC_SRID = 4547
"""CGCS2000 / 3-degree zone, central meridian 114 E: the community lies at 113.1 E."""
CENTRE = (113.10, 41.03)
TURN = 4.5
"""Degrees by which the whole drawing is turned, counter-clockwise: the streets of the town do not run due north."""


@dataclass(frozen=True)
class Frame:
    """Axes of their own inside the drawing: u along the rows, v to the back of them.

    Parameters
    ----------
    x, y
        Where u = v = 0 lies in the drawing.
    turn
        Degrees from x to u, counter-clockwise.
    """

    x: float = 0
    y: float = 0
    turn: float = 0

    def at(self, points: Any) -> NDArray[np.float64]:
        """Return points given along these axes as points of the drawing.

        Parameters
        ----------
        points : (n, 2) float
            Metres along u and v.
        """
        c, s = cos(radians(self.turn)), sin(radians(self.turn))
        u, v = np.asarray(points, float).reshape(-1, 2).T
        return np.column_stack((c * u - s * v + self.x, s * u + c * v + self.y))

    def place(self, shape: shapely.Geometry) -> Any:
        """Return a shape given along these axes as a shape of the drawing.

        Parameters
        ----------
        shape
            Metres along u and v.
        """
        return shapely.transform(shape, self.at)


def lonlat(shapes: Iterable[shapely.Geometry]) -> NDArray[np.object_]:
    """Return shapes of the drawing in degrees; equal points stay equal, so that neighbours keep their border.

    Parameters
    ----------
    shapes
        Metres, as drawn.
    """
    x, y = in_metres([shapely.Point(CENTRE)], METRIC_SRID)[0].coords[0]
    ground = Frame(round(x), round(y), TURN)
    on_ground = shapely.transform(np.array([*shapes], dtype=object), lambda points: ground.at(np.round(points, 3)))
    # Nine places are a tenth of a millimetre.
    return shapely.transform(degrees(on_ground, Registered(METRIC_SRID)), lambda points: np.round(points, 9))


def smooth(points: Any, rounds: int = 2, *, closed: bool = False) -> NDArray[np.float64]:
    """Return a line with its corners cut twice over (Chaikin), as streets and rivers bend.

    Parameters
    ----------
    points : (n, 2) float
        Corners; of a line the ends stay.
    rounds
        How often every corner is cut.
    closed
        A ring, given without its first point repeated.
    """
    line = np.asarray(points, float)
    for _ in range(rounds):
        following = np.roll(line, -1, axis=0) if closed else line[1:]
        start = line if closed else line[:-1]
        cut = np.stack([0.75 * start + 0.25 * following, 0.25 * start + 0.75 * following], axis=1).reshape(-1, 2)
        line = cut if closed else np.vstack([line[:1], cut, line[-1:]])
    return np.round(line, 3)


@dataclass(frozen=True)
class Street:
    """A street by its centre line.

    Parameters
    ----------
    name
        Made up, like all names here.
    width
        From kerb to kerb, metres.
    line
        Corners of the centre line.
    """

    name: str
    width: int
    line: Points


@dataclass(frozen=True)
class Land:
    """Public land or a public building outside the compounds.

    Parameters
    ----------
    kind
        One of `geodata.sample.facilities.KINDS`.
    name
        As on the map.
    shape
        Corners.
    soft
        Whether its corners are cut, as of ponds and lawns.
    """

    kind: str
    name: str
    shape: Points
    soft: bool = False

    @property
    def polygon(self) -> shapely.Polygon:
        """Its outline along the axes in which it is given."""
        return shapely.Polygon(smooth(self.shape, 3, closed=True) if self.soft else self.shape)


# The outline follows the middle of the northern and eastern streets, the river bank in the south, and in the west the
# fence of a neighbour. Only the river is drawn soft.
NORTH: Points = ((-548, 598), (-330, 606), (-120, 622), (120, 618), (330, 592), (606, 558))
EAST: Points = ((606, 558), (652, 380), (672, 180), (664, -40), (640, -240), (592, -448))
RIVER: Points = (
    (592, -448), (520, -470), (440, -540), (330, -566), (240, -604), (120, -590), (20, -604), (-90, -640),
    (-210, -622),
    (-320, -634), (-420, -590), (-500, -572),
)  # fmt: skip
WEST: Points = (
    (-500, -572),
    (-586, -420),
    (-640, -140),
    (-722, -128),
    (-734, 60),
    (-728, 214),
    (-612, 232),
    (-548, 598),
)

MAIN = Street(
    "瑞宁大街", 40, ((-760, 34), (-620, 30), (-420, 18), (-200, 22), (20, 6), (240, 12), (460, 34), (700, 46))
)
NORTH_STREET = Street("塞上路", 30, ((-62, 660), (-56, 480), (-36, 330), (-34, 160), (-20, -20)))
SOUTH_STREET = Street("名苑路", 26, ((62, 40), (66, -150), (54, -330), (84, -500), (94, -660)))
SCHOOL_STREET = Street("学苑街", 16, ((-56, 446), (120, 440), (300, 446), (460, 430), (660, 432)))
INK_LANE = Street("砚台巷", 10, ((299, 425), (304, 520), (296, 610)))
SPORTS_LANE = Street("体育巷", 8, ((440, 234), (560, 238), (690, 246)))
STREETS = (
    MAIN, NORTH_STREET, SOUTH_STREET,
    Street("望山街", 30, NORTH),
    Street("环东路", 36, EAST),
    Street("柳荫路", 18, ((-540, 599), (-552, 420), (-528, 230), (-540, 24), (-516, -160), (-476, -330), (-450, -500))),
    SCHOOL_STREET, INK_LANE, SPORTS_LANE,
    Street("青禾路", 16, ((448, 431), (452, 250), (470, 120), (478, 36), (520, -90), (528, -260), (510, -446))),
    Street("滨河路", 20, ((-450, -500), (-330, -538), (-200, -530), (-60, -540), (86, -504), (240, -516), (390, -492),
                       (490, -446), (620, -394))),
)  # fmt: skip
"""Streets that form the edge of the community lie on it; the rest cross it."""
BORDER_STREETS = ((SCHOOL_STREET, 235, 370), (INK_LANE, 0, 400), (SPORTS_LANE, 0, 400))
"""Side streets on which cells border, from and to so many metres along them, drawn a little too long."""

LANDS = (
    # North-west: a park with a pond, shops along 望山街.
    Land("park", "塞上公园", ((-708, 72), (-566, 64), (-560, 200), (-604, 214), (-712, 196))),
    Land("water", "塞上公园小湖", ((-684, 100), (-630, 92), (-606, 120), (-590, 168), (-628, 184), (-676, 160)), True),
    Land("public_building", "望山商业街一段", ((-500, 560), (-420, 566), (-420, 582), (-500, 577))),
    Land("public_building", "望山商业街二段", ((-404, 568), (-290, 574), (-290, 590), (-404, 583))),
    Land("public_building", "望山商业街三段", ((-262, 576), (-120, 588), (-112, 552), (-98, 554), (-106, 604),
                                     (-262, 592))),
    Land("parking", "望山街停车场", ((-500, 536), (-300, 552), (-300, 562), (-500, 548))),
    Land("party_service_centre", "瑞宁社区党群服务中心", ((-80, 68), (-54, 66), (-52, 112), (-78, 114))),
    # North-east: middle school, clinic, market, sports ground.
    Land("school", "瑞宁中学(样例)", ((-22, 464), (270, 464), (280, 500), (274, 580), (110, 602), (-30, 604))),
    Land("sports_ground", "瑞宁中学操场", ((150, 486), (248, 484), (252, 558), (154, 562)), soft=True),
    Land("public_building", "瑞宁中学教学楼", ((0, 540), (84, 540), (84, 480), (98, 480), (98, 556), (0, 556))),
    Land("public_building", "瑞宁中学实验楼", ((0, 490), (60, 490), (60, 506), (0, 506))),
    Land("public_building", "瑞宁中学图书馆", ((20, 572), (76, 572), (76, 590), (20, 590))),
    Land("clinic", "瑞宁社区卫生服务中心(样例)", ((330, 470), (420, 462), (424, 540), (334, 552))),
    Land("public_building", "卫生服务中心门诊楼", ((344, 524), (408, 516), (410, 532), (346, 540))),
    Land("park", "望山口袋公园", ((444, 456), (606, 454), (590, 518), (452, 544))),
    Land("market", "青禾便民市场", ((480, 300), (560, 296), (564, 366), (484, 374))),
    Land("public_building", "青禾便民市场大棚", ((492, 316), (550, 312), (553, 352), (495, 358))),
    Land("kindergarten", "瑞宁幼儿园(样例)", ((576, 296), (632, 292), (624, 372), (578, 374))),
    Land("public_building", "瑞宁幼儿园教学楼", ((586, 340), (616, 338), (616, 318), (602, 318), (602, 308),
                                     (586, 309))),
    Land("sports_ground", "瑞宁体育公园", ((494, 82), (646, 78), (650, 222), (490, 218))),
    Land("sports_ground", "瑞宁体育公园足球场", ((512, 96), (608, 94), (610, 156), (514, 158)), soft=True),
    Land("public_building", "瑞宁体育公园球馆", ((522, 172), (570, 170), (572, 206), (524, 208))),
    # South-east: primary school, substation, the park along the river.
    Land("school", "瑞宁小学(样例)", ((546, -14), (638, -6), (638, -70), (626, -158), (552, -156))),
    Land("public_building", "瑞宁小学教学楼", ((562, -34), (624, -32), (624, -48), (577, -49), (577, -82), (562, -82))),
    Land("sports_ground", "瑞宁小学操场", ((562, -96), (616, -98), (610, -150), (562, -150)), soft=True),
    Land("heating_station", "瑞宁换热站", ((556, -200), (590, -202), (588, -230), (556, -228))),
    Land("public_building", "瑞宁微型消防站", ((600, -204), (624, -204), (620, -230), (600, -228))),
    Land("green", "环东路街心花园", ((556, -336), (602, -332), (584, -384), (554, -398)), soft=True),
    Land("park", "泉溪滨河公园东园", ((112, -536), (240, -546), (392, -522), (486, -476), (512, -472), (436, -534),
                              (330, -558),
                            (240, -594), (122, -580))),
    # South-west: markets, a kindergarten, the park along the river, a nursery of young trees.
    Land("park", "泉溪滨河公园西园", ((-436, -528), (-330, -562), (-200, -556), (-60, -566), (58, -532), (66, -572),
                              (20, -584),
                            (-90, -618), (-210, -600), (-320, -612), (-412, -572))),
    Land("green", "柳荫苗圃", ((-584, -250), (-530, -250), (-496, -420), (-556, -404))),
    Land("parking", "柳荫公交首末站", ((-616, -196), (-538, -196), (-536, -232), (-606, -232))),
    Land("public_building", "柳荫环卫驻点", ((-628, -150), (-600, -150), (-602, -178), (-624, -178))),
    Land("market", "柳荫早市", ((-706, -10), (-572, -4), (-572, -56), (-704, -92))),
    Land("public_building", "柳荫早市东棚", ((-640, -16), (-590, -14), (-590, -30), (-640, -32))),
    Land("public_building", "柳荫早市西棚", ((-694, -22), (-652, -20), (-653, -38), (-692, -44))),
    Land("kindergarten", "柳荫幼儿园(样例)", ((-504, -34), (-440, -42), (-432, -112), (-494, -114))),
    Land("public_building", "柳荫幼儿园教学楼", ((-492, -52), (-452, -57), (-450, -71), (-474, -69), (-473, -82),
                                         (-490, -81))),
    Land("green", "柳荫街心花园", ((-490, -136), (-432, -132), (-426, -260), (-404, -420), (-420, -440),
                             (-448, -340)), soft=True),
    Land("green", "柳荫路绿带", ((-598, 246), (-546, 246), (-566, 420), (-563, 488), (-566, 488), (-577, 420))),
    Land("green", "塞上路绿带", ((-78, 140), (-54, 140), (-56, 330), (-68, 440), (-82, 440))),
    Land("green", "名苑路绿带", ((2, -80), (44, -74), (46, -230), (26, -234))),
    Land("green", "瑞宁大街北侧绿带", ((-508, 46), (-420, 42), (-210, 46), (-96, 36), (-96, 48), (-210, 58), (-420, 54),
                               (-508, 58))),
    Land("green", "瑞宁大街南侧绿带", ((-508, -2), (-420, -8), (-200, -4), (36, -20), (36, -32), (-200, -16),
                               (-420, -20), (-508, -14))),
)  # fmt: skip
