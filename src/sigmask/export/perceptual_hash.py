"""A 64-bit hash that stays nearly the same when a picture is scaled or compressed again."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from sigmask.types import ImageArray

_SIDE = 32
_LOW = 8


def perceptual_hash(image: ImageArray) -> np.uint64:
    """pHash (Zauner 2010): which of the 64 lowest frequencies of the 32 × 32 grey picture exceed their median.

    The constant term is left out of the median and out of the hash (its place is taken by the next frequency on the
    diagonal, our choice), so brightness does not matter. About half of the bits are set, so that unlike pictures
    differ in about 32.

    Args:
        image: (H, W, 3) uint8 RGB of any size.
    """
    grey = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    frequencies = cv2.dct(small)
    low = frequencies[:_LOW, :_LOW].copy()
    low[0, 0] = frequencies[_LOW, _LOW]
    # A flat picture has rounding dust for frequencies: waves of less than 0.02 grey levels mean nothing.
    low[np.abs(low) < 0.02 * _SIDE / 2] = 0.0
    return _packed(low > np.median(low))


def hamming(first: npt.NDArray[np.uint64], second: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint8]:
    """How many of the 64 bits differ, element by element."""
    return np.bitwise_count(np.bitwise_xor(first, second))


def _packed(bits: npt.NDArray[np.bool_]) -> np.uint64:
    return np.uint64(int.from_bytes(np.packbits(bits.reshape(-1)).tobytes(), "big"))
