"""The four compounds of the drawing: wall, gates, avenues, rows of buildings, gardens.

A row is a line of text: `4x7` is a slab with four entrances and seven floors, `T18/4` a tower of eighteen floors with
four flats on a landing, `L3x7+1` a slab of three entrances with a wing of one at its western end, `J…` at its eastern
end, `U…` at both; a number alone is a gap in metres, `^6` behind a building sets it back by six metres, `_6` forward.
"""

from __future__ import annotations

from dataclasses import dataclass

from geodata.sample.plan import Frame, Land, Points


@dataclass(frozen=True)
class Row:
    """One row of buildings, from west to east.

    Parameters
    ----------
    u, v
        Western end and middle line of the row.
    buildings
        What stands in it, see above.
    turn
        Degrees by which the row departs from the axes of its compound; 90 stands along a street that runs north.
    alias
        What residents call its buildings, with `{}` for a running number.
    shops
        Whether there are shops instead of flats on the ground floor.
    """

    u: float
    v: float
    buildings: str
    turn: float = 0
    alias: str = ""
    shops: bool = False


@dataclass(frozen=True)
class Gate:
    """A gap in the wall.

    Parameters
    ----------
    name
        As residents call it.
    at
        Near which point of the wall.
    street
        The street that it opens on.
    width
        Clear width of the gap, metres; narrower than four is for people on foot.
    """

    name: str
    at: tuple[float, float]
    street: str
    width: float = 8


@dataclass(frozen=True)
class Garden(Land):
    """A square, lawn, pond or playground inside the wall, along the axes of its compound; soft unless it is built."""

    soft: bool = True


@dataclass(frozen=True)
class Cell:
    """One grid cell: what stands in it.

    Parameters
    ----------
    seed
        A point that lies in it.
    rows
        Its buildings.
    """

    seed: tuple[float, float]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Estate:
    """One residential compound (小区).

    Parameters
    ----------
    label
        Local label of its code.
    name, aliases
        As people call it.
    frame
        The axes in which all the rest is given.
    wall
        Corners of its wall.
    gates, cells, gardens
        What lies in it.
    avenues
        Its streets; where one branches off, all of them end, because bends are drawn round.
    dividers
        Positions of the avenues along which it is divided into cells.
    borders
        Where the borders of its cells run on beyond the gates and avenues, drawn a little too long.
    """

    label: str
    name: str
    aliases: tuple[str, ...]
    frame: Frame
    wall: Points
    gates: tuple[Gate, ...]
    avenues: tuple[Points, ...]
    dividers: tuple[int, ...]
    borders: tuple[Points, ...]
    cells: tuple[Cell, ...]
    gardens: tuple[Garden, ...]


_SAISHANG = Estate(
    "SS", "塞上江南小区", ("塞上江南",), Frame(-292, 306, 0),
    wall=((-206, -226), (-60, -232), (120, -228), (200, -222), (208, 60), (200, 176), (154, 208), (-40, 214),
          (-160, 206),
          (-212, 160), (-214, 20)),
    gates=(Gate("南门", (6, -230), "瑞宁大街", 9), Gate("西门", (-214, 6), "柳荫路"), Gate("东门", (205, 4), "塞上路"),
           Gate("北便门", (34, 212), "望山街", 3)),
    avenues=(((-214, 6), (-120, 12), (-30, 4), (0, 0)), ((0, 0), (90, -8), (205, 4)),
             ((0, 0), (8, -110), (6, -230)),
             ((0, 0), (-4, 16), (-74, 30), (-74, 96), (-20, 112), (30, 146), (34, 212))),
    dividers=(0, 1, 2),
    borders=(((205, 4), (290, 8)), ((-214, 6), (-450, -2)), ((6, -230), (4, -320))),
    cells=(
        Cell((0, 120), (Row(-158, 172, "4x7 26 4x7^3"), Row(66, 170, "4x6"), Row(-192, 118, "5x6"),
                        Row(98, 114, "5x6"),
                        Row(-192, 60, "L3x6+1"), Row(100, 58, "4x7"))),
        Cell((-100, -100), (Row(-190, -40, "4x6 4x6^3", alias="西{}栋"), Row(-192, -93, "3x6 20 5x6_3", alias="西{}栋"),
                            Row(-190, -141, "4x6 38 3x6", alias="西{}栋"),
                            Row(-192, -198, "L4x6+1 4x6^2", alias="西{}栋"))),
        Cell((100, -100), (Row(40, -56, "3x11 30 3x11^6", alias="东{}栋"),
                           Row(26, -126, "4x8 18 4x8_3", alias="东{}栋"),
                           Row(28, -190, "4x8 16 4x8^3", alias="东{}栋"))),
    ),
    gardens=(
        Garden("green", "江南园", ((-62, 28), (-10, 22), (64, 24), (80, 70), (60, 106), (-8, 100), (-58, 92))),
        Garden("water", "江南园水池", ((-30, 46), (-6, 40), (22, 52), (42, 48), (50, 70), (22, 80), (0, 68),
                                        (-28, 74))),
        Garden("deliberation_venue", "塞上江南议事长廊", ((-34, 33), (-6, 30), (30, 37), (29, 41), (-6, 34),
                                                  (-33, 37)), False),
        Garden("pavilion", "江南园湖心亭", ((56, 58), (60, 60), (60, 65), (56, 67), (52, 65), (52, 60)), False),
        Garden("square", "江南园入口广场", ((-34, 84), (24, 90), (22, 100), (-8, 102), (-36, 96)), False),
        Garden("public_building", "江南里会所(样例)", ((104, 12), (150, 10), (150, 30), (132, 31),
                                                  (132, 24), (104, 26)), False),
        Garden("playground", "塞上江南儿童乐园", ((-106, -130), (-78, -130), (-78, -112), (-106, -112))),
        Garden("fitness", "塞上江南健身场地", ((100, -16), (140, -20), (138, -36), (100, -34)), False),
        Garden("parking", "塞上江南南区停车场", ((-172, -212), (-60, -217), (-60, -211), (-172, -206)), False),
        Garden("parking", "塞上江南北区停车场", ((-80, 134), (-14, 134), (-14, 145), (-80, 145)), False),
        Garden("parking", "塞上江南东区停车场", ((176, -20), (188, -20), (186, -96), (174, -96)), False),
    ),
)  # fmt: skip

_MINGYUAN_A = Estate(
    "MYA", "瑞宁名苑A区", ("名苑A区",), Frame(212, 236, -2.5),
    wall=((-206, -178), (-30, -187), (196, -176), (216, -60), (212, 120), (168, 178), (-60, 188), (-198, 184),
          (-210, 40)),
    gates=(Gate("南门", (-12, -187), "瑞宁大街", 9), Gate("北门", (0, 185), "学苑街"), Gate("东门", (214, 4), "青禾路"),
           Gate("西便门", (-209, 26), "塞上路", 3)),
    avenues=(((-12, -187), (-4, -60), (10, 10)), ((10, 10), (4, 110), (0, 185)),
             ((10, 10), (110, 20), (214, 4)),
             ((10, 10), (-50, 28), (-209, 26))),
    dividers=(0, 1, 2),
    borders=(((-12, -187), (-12, -280)), ((0, 185), (2, 230)), ((214, 4), (234, 9.2), (250, 14))),
    cells=(
        Cell((-100, -60), (Row(-188, 150, "4x6 18 4x6^6"), Row(-182, 88, "4x7 36 2x11"),
                           Row(-106, -38, "4x6"), Row(-190, -96, "4x6 16 4x6_3"), Row(-180, -154, "U2x6+1"))),
        Cell((100, 100), (Row(30, 146, "T22/4 22 2x11^4 22 T22/4_4", alias="北{}栋"),
                          Row(28, 72, "3x10 16 2x10^5 16 3x10"))),
        Cell((100, -100), (Row(30, -38, "4x8 22 4x8^4"), Row(26, -98, "4x8 34 3x8^3"),
                           Row(10, -152, "5x8 15 4x8^3"))),
    ),
    gardens=(
        Garden("square", "名苑广场", ((-66, 0), (-10, -6), (-6, 4), (-18, 14), (-66, 22)), False),
        Garden("green", "名苑A区中心绿地", ((-184, -8), (-80, -8), (-74, 20), (-184, 18))),
        Garden("deliberation_venue", "名苑A区议事亭", ((-120, 2), (-115, 5), (-115, 11), (-120, 14), (-125, 11),
                                                 (-125, 5)), False),
        Garden("playground", "名苑A区儿童乐园", ((-182, 40), (-142, 40), (-138, 60), (-182, 60))),
        Garden("fitness", "名苑A区篮球场", ((-60, 42), (-28, 42), (-28, 60), (-60, 60)), False),
        Garden("green", "名苑A区东园", ((40, 28), (104, 34), (150, 30), (148, 48), (96, 52), (42, 46))),
        Garden("parking", "名苑A区西停车场", ((-194, -52), (-146, -52), (-146, -30), (-194, -30)), False),
        Garden("parking", "名苑A区南停车场", ((-60, -174), (-26, -176), (-26, -140), (-60, -138)), False),
    ),
)  # fmt: skip

_UNNAMED = Estate(
    "WM", "未命名小区", (), Frame(-196, -268, 6),
    wall=((-206, -206), (16, -222), (176, -212), (204, -60), (200, 150), (150, 204), (-70, 212), (-190, 202),
          (-214, 60)),
    gates=(Gate("北门", (-52, 212), "瑞宁大街"), Gate("南门", (-40, -218), "滨河路", 6),
           Gate("东门", (202, 4), "名苑路")),
    avenues=(((-52, 212), (-46, 90), (-38, -5)), ((-38, -5), (-46, -120), (-40, -218)), ((-38, -5), (70, -14),
        (202, 4))),
    dividers=(0, 1, 2),
    borders=(((-52, 212), (-54, 300)), ((-40, -218), (-50, -400)), ((202, 4), (300, -10))),
    cells=(
        Cell((-130, 0), (Row(-178, 168, "3x6 14 3x6_2"), Row(-188, 124, "5x6"), Row(-190, 78, "4x6 14 3x6"),
                         Row(-180, -18, "L3x6+1"), Row(-186, -66, "5x6"), Row(-184, -114, "5x6"))),
        Cell((80, 100), (Row(-26, 168, "4x6 18 4x6^2"), Row(-24, 122, "5x6 30 3x6"), Row(-22, 76, "3x6 16 5x6^3"),
                          Row(-14, 32, "4x6 34 4x6"))),
        Cell((80, -100), (Row(-22, -52, "4x6 16 5x6"), Row(-28, -98, "4x6 38 4x6^4"), Row(-26, -144, "5x6"),
                          Row(92, -174, "U3x6+1"), Row(-20, -190, "5x6"))),
    ),
    gardens=(
        Garden("square", "健身广场", ((-172, 20), (-96, 22), (-96, 46), (-170, 46)), False),
        Garden("fitness", "健身广场篮球场", ((-164, 26), (-136, 26), (-136, 41), (-164, 41)), False),
        Garden("green", "西片小游园", ((-186, -138), (-90, -140), (-76, -196), (-110, -200), (-186, -192))),
        Garden("pavilion", "西片小游园凉亭", ((-134, -172), (-129, -169), (-129, -163), (-134, -160), (-139, -163),
                                       (-139, -169)), False),
        Garden("green", "东片小游园", ((142, -28), (188, -22), (188, -70), (156, -74), (142, -62))),
        Garden("public_building", "东片车库一排", ((172, 52), (179, 52), (179, 80), (172, 80)), False),
        Garden("public_building", "东片车库二排", ((170, 96), (177, 96), (177, 124), (170, 124)), False),
        Garden("parking", "东片停车场", ((110, 140), (176, 140), (176, 152), (110, 152)), False),
    ),
)  # fmt: skip

_MINGYUAN_B = Estate(
    "MYB", "瑞宁名苑B区", ("名苑B区",), Frame(290, -256, 2.5),
    wall=((-196, -196), (0, -208), (146, -200), (194, -136), (204, 20), (198, 206), (20, 218), (-178, 208),
          (-202, 60)),
    gates=(Gate("北门", (30, 217), "瑞宁大街"), Gate("东门", (202, 68), "青禾路"),
           Gate("西门", (-199, -72), "名苑路", 9), Gate("南便门", (12, -207), "滨河路", 3)),
    avenues=(((6, 76), (110, 66), (202, 68)),
             ((4, -72), (-100, -78), (-199, -72)),
             ((30, 217), (26, 150), (6, 76)), ((6, 76), (-14, 10), (4, -72)), ((4, -72), (14, -140), (12, -207))),
    dividers=(0, 1),
    borders=(((6, 76), (-160, 72), (-300, 70)), ((202, 68), (400, 70)), ((-199, -72), (-300, -70)),
             ((4, -72), (90, -68), (194, -76), (400, -60))),
    cells=(
        Cell((0, 140), (Row(-164, 172, "4x7 18 4x7^4"), Row(52, 170, "3x8 20 3x8_3"), Row(-138, 114, "4x7 18 3x8^5"),
                        Row(84, 106, "J4x7+1"))),
        Cell((0, 0), (Row(-168, 104, "5x6", -90, "临街长楼", shops=True), Row(-142, 22, "4x8"), Row(-144, -38, "4x7^2"),
                      Row(42, 26, "3x9 22 3x9^4"), Row(48, -36, "2x11 20 4x8"))),
        Cell((0, -150), (Row(-176, -120, "4x8 20 4x7^3"), Row(-178, -174, "4x8 24 3x8_3"),
                         Row(36, -118, "T20/4 30 5x7"))),
    ),
    gardens=(
        Garden("green", "名苑B区中心绿地", ((-62, -50), (-24, -52), (-28, 44), (-60, 48))),
        Garden("water", "名苑B区镜池", ((-54, -20), (-38, -28), (-36, 0), (-42, 16), (-52, 10))),
        Garden("pavilion", "名苑B区凉亭", ((-45, 24), (-40, 27), (-40, 33), (-45, 36), (-50, 33), (-50, 27)), False),
        Garden("playground", "名苑B区儿童乐园", ((14, 20), (34, 20), (34, 40), (14, 40))),
        Garden("fitness", "名苑B区健身场地", ((14, -48), (36, -48), (36, -22), (14, -22)), False),
        Garden("green", "名苑B区南园", ((110, -150), (142, -148), (164, -156), (142, -188), (110, -190))),
        Garden("kindergarten", "名苑B区幼儿园(样例)", ((42, -148), (102, -146), (102, -190), (42, -192)), False),
        Garden("public_building", "名苑B区幼儿园教学楼", ((50, -156), (90, -155), (90, -167), (66, -167),
                                                    (66, -178), (50, -178)), False),
        Garden("parking", "名苑B区北停车场", ((44, 136), (140, 132), (140, 142), (44, 146)), False),
    ),
)  # fmt: skip

ESTATES = (_SAISHANG, _MINGYUAN_A, _MINGYUAN_B, _UNNAMED)
