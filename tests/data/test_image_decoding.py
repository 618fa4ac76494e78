"""Every form of image cell becomes the same RGB pixels, and every broken one a SampleError with the right reason."""

from __future__ import annotations

import base64
import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from sigmask.data import image_decoding
from sigmask.data.image_decoding import DAMAGED, decode_image, decode_mask, decode_with_remarks
from sigmask.errors import BadReason, SampleError
from tests.drawing import draw_photo
from tests.drawn_corpora import encode_image

PHOTO = draw_photo(np.random.default_rng(7), 40, 56)
PNG = encode_image(PHOTO)
JPEG = encode_image(PHOTO, "JPEG", quality=95)
WEBP = encode_image(PHOTO, "WEBP", lossless=True)


def reason_of(cell: Any, root: Path | None = None) -> BadReason:
    with pytest.raises(SampleError) as caught:
        decode_image(cell, root)
    return caught.value.reason


@pytest.mark.parametrize(
    "cell",
    [
        PNG,
        bytearray(PNG),
        {"bytes": PNG, "path": None},
        {"bytes": None, "path": "photo.png"},
        {"bytes": PNG, "path": "gone.png"},
        base64.b64encode(PNG).decode(),
        base64.encodebytes(PNG).decode(),
        "data:image/png;base64," + base64.b64encode(PNG).decode(),
        "photo.png",
        "sub/../photo.png",
        Path("photo.png"),
        "https://example.org/a/b/photo.png?size=large",
        Image.fromarray(PHOTO),
        PHOTO,
        PHOTO.astype(np.uint16) * 257,
        PHOTO / 255.0,
        WEBP,
    ],
)
def test_each_form_of_cell_gives_the_same_pixels(cell: Any, tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(PNG)
    (tmp_path / "sub").mkdir()

    decoded = decode_image(cell, tmp_path)

    assert decoded.dtype == np.uint8
    assert decoded.flags["C_CONTIGUOUS"]
    np.testing.assert_array_equal(decoded, PHOTO)


@pytest.mark.parametrize("cell", [None, float("nan"), np.float64("nan"), "", "  ", {"bytes": None, "path": None}])
def test_a_cell_without_content_is_null(cell: Any) -> None:
    assert reason_of(cell) is BadReason.NULL_CELL


def test_paths_stay_below_the_root(tmp_path: Path) -> None:
    root = tmp_path / "corpus"
    root.mkdir()
    outside = tmp_path / "secret.png"
    outside.write_bytes(PNG)
    (root / "link.png").symlink_to(outside)
    (root / "inside.png").write_bytes(PNG)
    (root / "good_link.png").symlink_to(root / "inside.png")

    for cell in ("../secret.png", str(outside), str(root / "inside.png"), "link.png", "a/../../secret.png"):
        assert reason_of(cell, root) is BadReason.PATH_ESCAPES_ROOT, cell
    assert reason_of("https://example.org/../secret.png", root) is BadReason.PATH_ESCAPES_ROOT
    np.testing.assert_array_equal(decode_image("good_link.png", root), PHOTO)
    np.testing.assert_array_equal(decode_image(str(outside)), PHOTO)
    np.testing.assert_array_equal(decode_image(str(outside), Path("/")), PHOTO)


def test_files_that_cannot_be_used_have_their_own_reasons(tmp_path: Path) -> None:
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "text.png").write_text("not a picture at all")
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "loop.png").symlink_to(tmp_path / "loop.png")

    assert reason_of("empty.png", tmp_path) is BadReason.EMPTY_FILE
    assert reason_of(b"") is BadReason.EMPTY_FILE
    assert reason_of("gone.png", tmp_path) is BadReason.MISSING_FILE
    assert reason_of("a\0b.png", tmp_path) is BadReason.MISSING_FILE
    assert reason_of("x" * 5000 + ".png", tmp_path) is BadReason.MISSING_FILE
    assert reason_of("loop.png", tmp_path) is BadReason.MISSING_FILE
    assert reason_of("text.png", tmp_path) is BadReason.NOT_AN_IMAGE
    assert reason_of("folder.png", tmp_path) is BadReason.NOT_AN_IMAGE
    assert reason_of("data:image/png;base64,@@@") is BadReason.NOT_AN_IMAGE
    assert reason_of(17) is BadReason.NOT_AN_IMAGE
    assert reason_of({"url": "photo.png"}) is BadReason.NOT_AN_IMAGE
    assert reason_of("https://example.org/photo.png") is BadReason.URL_WITHOUT_ROOT
    assert reason_of("https://example.org/photo.png", tmp_path) is BadReason.URL_WITHOUT_ROOT


@pytest.mark.parametrize("array", [np.zeros((3, 20, 20), np.uint8), np.zeros((20, 20), np.int64), np.full((9, 9), 2.0)])
def test_arrays_of_other_shapes_types_and_ranges_are_refused(array: np.ndarray[Any, Any]) -> None:
    assert reason_of(array) is BadReason.NOT_AN_IMAGE


@pytest.mark.parametrize("encoded", [PNG, JPEG, WEBP, encode_image(PHOTO, "BMP")], ids=["png", "jpeg", "webp", "bmp"])
def test_a_file_cut_in_half_is_truncated(encoded: bytes) -> None:
    assert reason_of(encoded[: len(encoded) // 2]) is BadReason.TRUNCATED


def test_every_cut_of_a_jpeg_is_refused_although_opencv_would_fill_it_in() -> None:
    for length in range(4, len(JPEG) - 2, 37):
        assert reason_of(JPEG[:length]) is BadReason.TRUNCATED, length


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_bomb_is_refused_by_its_header_before_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    def claims(width: int, height: int) -> bytes:
        header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 1000))

    def must_not_decode(*_: Any) -> None:
        raise AssertionError("a bomb was decoded")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", must_not_decode)
    assert reason_of(claims(10_000, 10_000)) is BadReason.TOO_LARGE
    assert reason_of(claims(60_000, 60_000)) is BadReason.TOO_LARGE
    assert reason_of(claims(7, 300)) is BadReason.TOO_SMALL


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "TIFF"])
def test_exif_orientation_is_applied_as_pillow_does(orientation: int, image_format: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    encoded = encode_image(PHOTO, image_format, exif=exif)

    expected = ImageOps.exif_transpose(Image.open(io.BytesIO(encoded)))

    np.testing.assert_array_equal(decode_image(encoded), np.asarray(expected))
    assert decode_image(encoded).shape == ((40, 56, 3) if orientation < 5 else (56, 40, 3))


def test_the_fast_path_for_jpegs_gives_pillows_pixels() -> None:
    for options in ({"quality": 60}, {"quality": 95, "subsampling": 0}, {"quality": 80, "progressive": True}):
        encoded = encode_image(PHOTO, "JPEG", **options)
        image = Image.open(io.BytesIO(encoded))
        assert image_decoding._plain_jpeg(image, encoded, []) is not None
        np.testing.assert_array_equal(decode_image(encoded), np.asarray(image))


def test_a_jpeg_whose_data_break_the_rules_is_told_and_still_decoded(capfd: pytest.CaptureFixture[str]) -> None:
    sound = encode_image(PHOTO, "JPEG", quality=90)
    assert decode_with_remarks(sound)[1] == ()
    broken = bytearray(sound)
    middle = len(sound) // 2
    broken[middle : middle + 35] = bytes(range(100, 135))
    pixels, remarks = decode_with_remarks(bytes(broken))
    assert remarks == (DAMAGED,)
    assert pixels.shape == PHOTO.shape
    assert capfd.readouterr().err == ""  # decoders of C libraries write there


def test_transparent_pixels_lie_on_white() -> None:
    pixels = np.full((10, 10, 4), (100, 0, 200, 255), np.uint8)
    pixels[0, 0, 3] = 0
    pixels[0, 1, 3] = 51  # a fifth: 0.2 * (100, 0, 200) + 0.8 * 255 = (224, 204, 244)
    palette = Image.fromarray(np.arange(100, dtype=np.uint8).reshape(10, 10), "P")
    palette.putpalette([value for index in range(256) for value in (index, 0, 0)])
    buffer = io.BytesIO()
    palette.save(buffer, "PNG", transparency=5)

    for cell in (pixels, Image.fromarray(pixels), encode_image(pixels), encode_image(pixels, "WEBP", lossless=True)):
        decoded = decode_image(cell)
        assert decoded[0, 0].tolist() == [255, 255, 255]
        assert decoded[0, 1].tolist() == [224, 204, 244]
        assert decoded[5, 5].tolist() == [100, 0, 200]
    from_palette = decode_image(buffer.getvalue())
    assert from_palette[0, 5].tolist() == [255, 255, 255]
    assert from_palette[0, 6].tolist() == [6, 0, 0]
    grey_alpha = np.full((10, 10, 2), (100, 0), np.uint8)
    assert decode_image(encode_image(grey_alpha)).min() == 255


def test_other_pixel_formats_become_eight_bit_rgb() -> None:
    ramp = (np.arange(256, dtype=np.uint32) * 257).reshape(16, 16)
    eight = np.arange(256, dtype=np.uint8).reshape(16, 16)
    grey = np.repeat(eight[..., None], 3, axis=2)
    sixteen = io.BytesIO()
    Image.fromarray(ramp.astype(np.uint16)).save(sixteen, "PNG")

    np.testing.assert_array_equal(decode_image(sixteen.getvalue()), grey)
    np.testing.assert_array_equal(decode_image(encode_image(ramp.astype(np.int32), "TIFF")), grey)
    np.testing.assert_array_equal(decode_image(encode_image((eight / 255).astype(np.float32), "TIFF")), grey)
    np.testing.assert_array_equal(decode_image(encode_image(eight, "JPEG", quality=100))[0, 0], grey[0, 0])
    np.testing.assert_array_equal(decode_image(eight), grey)
    np.testing.assert_array_equal(decode_image(eight > 127), np.where(grey > 127, 255, 0))
    np.testing.assert_array_equal(decode_image(encode_image(eight > 127)), np.where(grey > 127, 255, 0))
    cmyk = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
    buffer = io.BytesIO()
    cmyk.save(buffer, "JPEG", quality=100)
    np.testing.assert_allclose(decode_image(buffer.getvalue())[8, 8].astype(int), (255, 0, 0), atol=3)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    encoded=st.sampled_from([PNG, JPEG, WEBP, encode_image(PHOTO, "TIFF"), encode_image(PHOTO, "GIF")]),
    changes=st.lists(st.tuples(st.integers(0, 2**20), st.integers(0, 255)), min_size=1, max_size=12),
    early=st.booleans(),
    length=st.one_of(st.none(), st.integers(0, 4000)),
)
@pytest.mark.filterwarnings("ignore")
def test_damaged_bytes_give_pixels_or_a_sample_error_and_nothing_else(
    encoded: bytes, changes: list[tuple[int, int]], early: bool, length: int | None
) -> None:
    damaged = bytearray(encoded)
    for position, value in changes:
        damaged[position % (64 if early else len(damaged))] = value
    try:
        decoded = decode_image(bytes(damaged[:length]))
    except SampleError:
        return
    assert decoded.dtype == np.uint8
    assert decoded.ndim == 3
    assert decoded.shape[2] == 3


@settings(max_examples=100, deadline=None)
@given(text=st.text(max_size=200))
def test_any_text_gives_a_sample_error(text: str) -> None:
    with pytest.raises(SampleError):
        decode_image(text, Path(__file__).parent)


SQUARE = np.zeros((40, 56), np.bool_)
SQUARE[10:20, 5:25] = True


@pytest.mark.parametrize("kind", ["bool", "grey", "zero_one", "hole", "white_hole", "rgb", "float", "png"])
def test_each_kind_of_published_mask_marks_the_same_square(kind: str) -> None:
    hole = np.dstack([PHOTO, np.where(SQUARE, 0, 255).astype(np.uint8)])
    white_hole = np.minimum(PHOTO, 250)
    white_hole[SQUARE] = 255
    cells: dict[str, Any] = {
        "bool": SQUARE,
        "grey": np.where(SQUARE, 128, 127).astype(np.uint8),
        "zero_one": SQUARE.astype(np.uint8),
        "hole": hole,
        "white_hole": white_hole,
        "rgb": np.repeat(SQUARE[..., None], 3, axis=2),
        "float": np.where(SQUARE, 0.9, 0.2),
        "png": encode_image(SQUARE),
    }

    mask = decode_mask(cells[kind], None, (40, 56))

    assert mask.dtype == np.bool_
    np.testing.assert_array_equal(mask, SQUARE)


def test_a_mask_of_another_size_is_a_bad_mask_and_an_empty_one_stays_empty() -> None:
    with pytest.raises(SampleError, match="56×40, got 40×40") as caught:
        decode_mask(np.zeros((40, 40), np.uint8), None, (40, 56))
    assert caught.value.reason is BadReason.BAD_MASK
    assert not decode_mask(np.zeros((40, 56), np.uint8), None, (40, 56)).any()
    assert decode_mask(np.full((40, 56), 255, np.uint8)).all()


@pytest.mark.parametrize("name", image_decoding.FORMATS)
def test_each_format_that_is_promised_opens(name: str) -> None:
    Image.init()
    if name not in Image.SAVE:
        pytest.skip(f"this Pillow cannot write {name}")
    decoded = decode_image(encode_image(PHOTO, name))
    assert decoded.shape == PHOTO.shape
    assert np.abs(decoded.astype(int) - PHOTO).mean() < 12


def test_several_pictures_of_one_jpeg_give_the_first() -> None:
    buffer = io.BytesIO()
    Image.fromarray(PHOTO).save(buffer, "MPO", save_all=True, append_images=[Image.fromarray(PHOTO[::-1])], quality=95)
    assert np.abs(decode_image(buffer.getvalue()).astype(int) - PHOTO).mean() < 12


def test_what_is_no_image_is_said_in_words() -> None:
    with pytest.raises(SampleError, match="none of the known image formats"):
        decode_image(b"a text, and no picture")
