"""Names and telephone numbers of people and firms that do not exist."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭"
)
FIRST = "建秀玉春桂文志海云晓景青永素兰立金巧凤福"
SECOND = "穗槐苇坪畔榆楸棣檀荞岫槿菱榛蕙苓砚澍"
"""Given names end on a plant or a piece of land that hardly anybody is named after: no name here is somebody's fame."""
OFFICE_PHONE = "0474-0000000"
_MOBILE = "1550000"
_LANDLINE = "0474-000"


@dataclass(frozen=True)
class Somebody:
    """A person who does not exist.

    Parameters
    ----------
    name
        Surname and given name.
    phone
        A mobile number of the made-up series 1550000….
    """

    name: str
    phone: str


class Names:
    """An unending supply of people and numbers, none of them given out twice.

    Parameters
    ----------
    rng
        Draws the order in which they come.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        names = ["".join(parts) for parts in product(SURNAMES, FIRST, SECOND)]
        self._names = iter(rng.permutation(names).tolist())
        self._mobiles = iter(rng.permutation(10_000).tolist())
        # Number 0 is the office's.
        self._landlines = iter((rng.permutation(9_999) + 1).tolist())

    def somebody(self) -> Somebody:
        """Return a person who was not there before."""
        return Somebody(next(self._names), f"{_MOBILE}{next(self._mobiles):04}")

    def landline(self) -> str:
        """Return a telephone number of a firm."""
        return f"{_LANDLINE}{next(self._landlines):04}"
