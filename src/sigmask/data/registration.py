"""Finds originals that an editor shifted, zoomed or cropped off-centre, and brings them where they belong.

Most pairs lie on each other, and to see that is cheap: patch by patch, the two pictures have the same structure in most
of the places that have any. Only where they do not are keypoints matched (SIFT, an affine map by RANSAC), and the map
is taken only if the pictures then agree where they did not before. All of it is our choice.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from sigmask.data.geometry import fit_original_to_edited, model_frame, resize_image
from sigmask.types import ImageArray, MaskArray

REGISTERED = "registered"
"""The flag of an original that was moved onto the edited image."""
UNALIGNED = "unaligned"
"""The flag of a pair that agrees almost nowhere, and for which no map was found: perhaps not one scene at all."""

Affine = npt.NDArray[np.float64]
"""(2, 3): a pixel (x, y, 1) of the original → the same point in the edited image."""

_PATCH_FRAME = 128  # pixels of the long side on which patches are compared
_PATCH = 13
_STRUCTURE = 3.0  # grey levels: a patch that varies less says nothing
_SAME_STRUCTURE = 0.8  # of the normalised correlation
_ENOUGH_STRUCTURE = 0.25  # of the picture: where less has structure, agreement says nothing
_ALIGNED = 0.4  # of the structured places: pairs that agree in so many lie on each other
_GAIN = 0.2  # so much more must agree under a map
_HARDLY = 0.1  # what agrees in less than this is not aligned
_KEYPOINT_FRAME = 448
_KEYPOINTS = 800
_RATIO = 0.85  # Lowe's ratio test
_TOLERANCE = 2.0  # pixels of RANSAC's reprojection error
_LEAST_INLIERS = 10
_LEAST_HULL = 0.15  # of either picture: keypoints that cover less are those of a thing that moved, not of the picture
_LARGEST_ZOOM = 4.0  # beyond the fit of one size to the other
_LARGEST_STRETCH = 2.0
_LARGEST_TURN = 0.35  # radians
_LEAST_COVERED = 0.25
_SEAM = 0.09  # of the picture: when no more than this is out of the original's view, it counts as unchanged


def bring_onto_edited(original: ImageArray, edited: ImageArray) -> tuple[ImageArray, tuple[str, ...]]:
    """The original on the edited image's grid, fitted and registered, and remarks on how it got there.

    Returns:
        (H, W, 3) uint8 in the edited image's size, and the flags of `fit_original_to_edited` and `register`; of one
        that was registered, how it would have been fitted is not said.
    """
    fitted, flags = fit_original_to_edited(original, edited)
    moved, remarks = register(original, fitted, edited)
    return moved, remarks if REGISTERED in remarks else (*flags, *remarks)


def agreement(original: ImageArray, edited: ImageArray, covered: MaskArray | None = None) -> float:
    """The share of structured places, in [0, 1], at which two images of one size have the same structure.

    Normalised correlation of grey patches of 13 × 13 pixels, with the long side at 128. 1 where less than a quarter of
    the picture has structure, since a thing before a plain ground may itself be the edit.

    Args:
        covered: (H, W) bool, the places that count.
    """
    frame = _frame(edited, _PATCH_FRAME)
    before, after = (
        cv2.resize(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), frame[::-1], interpolation=cv2.INTER_AREA).astype(
            np.float32
        )
        for image in (original, edited)
    )
    mean_before, mean_after = _patch_mean(before), _patch_mean(after)
    variance_before = _patch_mean(before * before) - mean_before**2
    variance_after = _patch_mean(after * after) - mean_after**2
    together = _patch_mean(before * after) - mean_before * mean_after
    structured = np.maximum(variance_before, variance_after) > _STRUCTURE**2
    if covered is not None:
        structured &= cv2.resize(covered.astype(np.uint8), frame[::-1], interpolation=cv2.INTER_AREA) > 0
    if structured.mean() < _ENOUGH_STRUCTURE * (1.0 if covered is None else covered.mean()):
        return 1.0
    spread = np.sqrt(np.maximum(variance_before * variance_after, 1e-6))
    return float((together[structured] > _SAME_STRUCTURE * spread[structured]).mean())


def register(original: ImageArray, fitted: ImageArray, edited: ImageArray) -> tuple[ImageArray, tuple[str, ...]]:
    """The original on the edited image's grid, and a flag if it had to be moved or could not be.

    Args:
        original: (h, w, 3), as it came.
        fitted: (H, W, 3), the original as `fit_original_to_edited` fits it, in any size.
        edited: (H, W, 3), in that size.

    Returns:
        `fitted` itself where the pictures agree, or where no better map is found ("unaligned" if they agree almost
        nowhere); else the moved original and "registered". What is out of the original's view shows the edited image,
        and so counts as unchanged, if it is a seam of at most 9 % of the picture; else it shows the edited image's
        median colour there, so that plain padding shows no difference and painted-in content does.
    """
    before = agreement(fitted, edited)
    if before >= _ALIGNED:
        return fitted, ()
    affine = find_affine(original, edited)
    if affine is not None:
        moved, covered = warp(original, affine, edited)
        if covered.mean() >= _LEAST_COVERED and agreement(moved, edited, covered) >= before + _GAIN:
            return _filled(moved, covered, edited), (REGISTERED,)
    return fitted, (UNALIGNED,) if before < _HARDLY else ()


def _filled(moved: ImageArray, covered: MaskArray, edited: ImageArray) -> ImageArray:
    if covered.all():
        return moved
    filled = moved.copy()
    outside = ~covered
    seam = outside.mean() <= _SEAM
    filled[outside] = edited[outside] if seam else np.median(edited[outside], axis=0).astype(np.uint8)
    return filled


def find_affine(original: ImageArray, edited: ImageArray) -> Affine | None:
    """The map of `original`'s pixels onto `edited`'s; None if too few keypoints agree on one that an editor makes."""
    points, descriptors, scales = [], [], []
    for image in (original, edited):
        frame = _frame(image, _KEYPOINT_FRAME)
        grey = cv2.cvtColor(resize_image(image, *frame), cv2.COLOR_RGB2GRAY)
        found, described = cv2.SIFT.create(nfeatures=_KEYPOINTS).detectAndCompute(grey, None)
        if described is None or len(found) < _LEAST_INLIERS:
            return None
        scales.append(np.array([frame[1] / image.shape[1], frame[0] / image.shape[0]]))
        points.append((np.array([point.pt for point in found]) + 0.5) / scales[-1] - 0.5)
        descriptors.append(described)
    matches = cv2.BFMatcher(cv2.NORM_L2).knnMatch(descriptors[0], descriptors[1], k=2)
    good = [first for first, second in matches if first.distance < _RATIO * second.distance]
    if len(good) < _LEAST_INLIERS:
        return None
    source, target = points[0][[match.queryIdx for match in good]], points[1][[match.trainIdx for match in good]]
    cv2.setRNGSeed(0)  # RANSAC draws from OpenCV's own generator: the same pair always gets the same map
    tolerance = _TOLERANCE / float(scales[1].min())
    affine, inliers = cv2.estimateAffine2D(source, target, method=cv2.RANSAC, ransacReprojThreshold=tolerance)
    if affine is None or int(inliers.sum()) < _LEAST_INLIERS:
        return None
    agreeing = inliers.ravel() > 0
    covers = max(_hull_share(source[agreeing], original), _hull_share(target[agreeing], edited))
    fit = max(edited.shape[:2]) / max(original.shape[:2])
    if covers < _LEAST_HULL or not _is_an_editors(affine, fit):
        return None
    return np.asarray(affine, np.float64)


def _hull_share(points: npt.NDArray[np.float64], image: ImageArray) -> float:
    """The share of the picture that the points span."""
    hull = cv2.convexHull(points.astype(np.float32))
    return float(cv2.contourArea(hull) / (image.shape[0] * image.shape[1]))


def warp(original: ImageArray, affine: Affine, edited: ImageArray) -> tuple[ImageArray, MaskArray]:
    """`original` under `affine` in `edited`'s size, its rim drawn out where it does not reach, and where it does.

    It is shrunk by area first if the map shrinks it, so that nothing aliases.
    """
    height, width = edited.shape[:2]
    shrink = min(1.0, float(np.linalg.svd(affine[:, :2], compute_uv=False).max()))
    rows, columns = (max(1, round(shrink * side)) for side in original.shape[:2])
    small = resize_image(original, rows, columns)
    to_small = np.diag([columns / original.shape[1], rows / original.shape[0]])
    linear = affine[:, :2] @ np.linalg.inv(to_small)
    # a pixel's centre lies half a pixel in: small (x + ½) = scale · original (x + ½)
    shift = affine[:, 2] + affine[:, :2] @ (np.linalg.inv(to_small) @ [0.5, 0.5] - 0.5)
    onto = np.column_stack([linear, shift])
    moved = cv2.warpAffine(small, onto, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    reached = cv2.warpAffine(np.full((rows, columns), 255, np.uint8), onto, (width, height)) == 255
    return np.asarray(moved, np.uint8), np.asarray(reached)


def _is_an_editors(affine: Affine, fit: float) -> bool:
    """Whether a map is a zoom, a crop, a shift, a stretch or a small turn: no mirror, and no collapse.

    Args:
        fit: the edited image's long side in the original's; what is beyond it is a zoom.
    """
    linear = affine[:, :2] / fit
    if not np.isfinite(affine).all() or np.linalg.det(linear) <= 0:
        return False
    large, small = np.linalg.svd(linear, compute_uv=False)
    turn = abs(float(np.arctan2(linear[1, 0] - linear[0, 1], linear[0, 0] + linear[1, 1])))
    return bool(
        small >= 1 / _LARGEST_ZOOM
        and large <= _LARGEST_ZOOM
        and large <= _LARGEST_STRETCH * small
        and turn <= _LARGEST_TURN
    )


def _frame(image: ImageArray, long_side: int) -> tuple[int, int]:
    height, width = image.shape[:2]
    return model_frame(height, width, long_side, 1)


def _patch_mean(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.asarray(cv2.blur(values, (_PATCH, _PATCH)), np.float32)
