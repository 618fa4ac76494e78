"""Brings the original onto the edited image by SIFT keypoints and a homography, as forensic scripts do."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from sigmask.data.geometry import model_frame, resize_image
from sigmask.evaluation.baselines.rival_score import original_on_edited_grid
from sigmask.types import EditPair, ImageArray, MaskArray

_LONG_SIDE = 320  # pixels at which keypoints are sought (our choice, for speed)
_KEYPOINTS = 500
_RATIO = 0.75  # Lowe's ratio test
_TOLERANCE = 3.0  # pixels of RANSAC's reprojection error
_MIN_INLIERS = 12
_STILL = 0.5  # pixels: a shorter way of every corner is no motion, and warping would only blur
_FARTHEST = 0.25  # of the diagonal: a longer way of a corner is a wrong match, not an editor's shift


@dataclass(frozen=True, slots=True)
class Alignment:
    """The original on the edited image's grid.

    Attributes:
        original: (H, W, 3) uint8.
        covered: (H, W) bool, False where the original does not reach.
        moved: whether a homography was found and applied.
    """

    original: ImageArray
    covered: MaskArray
    moved: bool


def align(pair: EditPair) -> Alignment:
    """Warp the original onto the edited image; left where it is if too few keypoints agree or nothing moved."""
    height, width = pair.edited.shape[:2]
    matched = original_on_edited_grid(pair.original, pair.edited)
    homography = find_homography(matched, pair.edited)
    if homography is None or not _is_plausible_motion(homography, height, width):
        return Alignment(matched, np.ones((height, width), np.bool_), moved=False)
    warped = cv2.warpPerspective(
        matched, homography, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    reached = cv2.warpPerspective(np.full((height, width), 255, np.uint8), homography, (width, height))
    return Alignment(np.asarray(warped, np.uint8), np.asarray(reached == 255), moved=True)


def find_homography(original: ImageArray, edited: ImageArray) -> npt.NDArray[np.float64] | None:
    """(3, 3), original's pixels → edited's, of two images of one size; None if too few keypoints agree."""
    height, width = edited.shape[:2]
    frame = model_frame(height, width, min(_LONG_SIDE, max(height, width)), 1)
    scale = np.array([frame[1] / width, frame[0] / height])
    points, descriptors = zip(*(_keypoints(resize_image(each, *frame)) for each in (original, edited)), strict=True)
    if min(len(each) for each in points) < _MIN_INLIERS:
        return None
    pairs = cv2.BFMatcher(cv2.NORM_L2).knnMatch(descriptors[0], descriptors[1], k=2)
    good = [best for best, second in pairs if best.distance < _RATIO * second.distance]
    if len(good) < _MIN_INLIERS:
        return None
    # A pixel's centre lies half a pixel in, also after resizing.
    source = (points[0][[match.queryIdx for match in good]] + 0.5) / scale - 0.5
    target = (points[1][[match.trainIdx for match in good]] + 0.5) / scale - 0.5
    cv2.setRNGSeed(0)  # RANSAC draws from OpenCV's own generator: the same pair always gets the same map
    homography, inliers = cv2.findHomography(source, target, cv2.RANSAC, _TOLERANCE)
    if homography is None or int(inliers.sum()) < _MIN_INLIERS:
        return None
    return np.asarray(homography, np.float64)


def _keypoints(image: ImageArray) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float32]]:
    """Places (K, 2) in pixels, x first, and descriptors (K, 128)."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    keypoints, descriptors = cv2.SIFT.create(nfeatures=_KEYPOINTS).detectAndCompute(grey, None)
    if descriptors is None:
        return np.zeros((0, 2)), np.zeros((0, 128), np.float32)
    return np.array([keypoint.pt for keypoint in keypoints], np.float64), descriptors


def _is_plausible_motion(homography: npt.NDArray[np.float64], height: int, width: int) -> bool:
    corners = np.array([[0, 0], [width - 1, 0], [0, height - 1], [width - 1, height - 1]], np.float64)
    projected = np.column_stack([corners, np.ones(4)]) @ homography.T
    if (projected[:, 2] <= 0).any():  # a corner behind the camera
        return False
    ways = np.linalg.norm(projected[:, :2] / projected[:, 2:] - corners, axis=1)
    return bool(_STILL < ways.max() <= _FARTHEST * float(np.hypot(height, width)))
