"""A picture that was handed in: judged by its bytes, drawn anew, nothing carried along."""

import io
import struct
import zlib

import pytest
from PIL import Image, ImageFile

from media import rules
from media.rules import PictureRefusedError, Problem, clean_picture
from tests.factories.practice import make_picture


def opened(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def problem_of(content: bytes) -> Problem:
    with pytest.raises(PictureRefusedError) as refused:
        clean_picture(content)
    return refused.value.problem


def with_gps() -> bytes:
    exif = Image.Exif()
    exif[0x010F] = "MayCuaToi"
    exif[0x0112] = 6  # the camera was held upright: turn by 90°
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2] = "N", (21.0, 2.0, 5.0)
    gps[3], gps[4] = "E", (105.0, 51.0, 16.0)
    return make_picture(size=(120, 80), exif=exif, comment=b"ghi chu rieng", icc_profile=b"ho so mau")


def test_place_device_comment_and_profile_are_gone_and_the_picture_stands_upright():
    sent = with_gps()
    assert opened(sent).getexif().get_ifd(0x8825)
    assert b"MayCuaToi" in sent
    assert b"ghi chu rieng" in sent
    kept = clean_picture(sent)
    image = opened(kept)
    assert (image.format, image.size) == ("JPEG", (80, 120))
    assert dict(image.getexif()) == {}
    assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    for secret in (b"MayCuaToi", b"ghi chu rieng", b"ho so mau", b"Exif", b"GPS"):
        assert secret not in kept


def test_text_written_into_a_png_is_gone():
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("Author", "Người Chụp Ảnh")
    info.add_itxt("XML:com.adobe.xmp", "<x:xmpmeta>21.03N</x:xmpmeta>")
    kept = clean_picture(make_picture("PNG", pnginfo=info))
    assert b"xmp" not in kept
    assert b"Author" not in kept


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_three_kinds_become_one(kind):
    image = opened(clean_picture(make_picture(kind, colour=(200, 30, 30))))
    assert image.format == "JPEG"
    assert all(abs(seen - meant) < 12 for seen, meant in zip(image.getpixel((60, 40)), (200, 30, 30), strict=True))


def test_what_is_see_through_becomes_white():
    file = io.BytesIO()
    Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(file, "PNG")
    assert opened(clean_picture(file.getvalue())).getpixel((5, 5)) == (255, 255, 255)


def test_a_large_picture_is_made_smaller_and_a_small_one_stays():
    assert opened(clean_picture(make_picture(size=(4000, 1000)))).size == (2000, 500)
    assert opened(clean_picture(make_picture("PNG", size=(1000, 3000)))).size == (667, 2000)
    assert opened(clean_picture(make_picture(size=(360, 640)))).size == (360, 640)


def test_the_same_makes_the_same_bytes():
    assert clean_picture(make_picture()) == clean_picture(make_picture())


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', Problem.NOT_A_PICTURE),
        (b"<!doctype html><script>alert(1)</script>", Problem.NOT_A_PICTURE),
        (b"GIF89a" + b"\x00" * 40, Problem.NOT_A_PICTURE),
        (b"%PDF-1.7\n", Problem.NOT_A_PICTURE),
        (b"BM" + b"\x00" * 60, Problem.NOT_A_PICTURE),
        (b"RIFF\x10\x00\x00\x00WAVEfmt ", Problem.NOT_A_PICTURE),
        (b"", Problem.NOT_A_PICTURE),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", Problem.HEIC),
        (b"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1heic", Problem.HEIC),
        (b"\xff\xd8\xff<script>alert(1)</script>", Problem.BROKEN_PICTURE),
        (b"\x89PNG\r\n\x1a\n<script>alert(1)</script>", Problem.BROKEN_PICTURE),
    ],
)
def test_what_is_no_picture_is_refused_by_its_bytes(content, problem):
    assert problem_of(content) == problem


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_cut_off_on_the_way_is_refused(kind, monkeypatch):
    # As a web process is once it has printed something: WeasyPrint sets this when it is imported.
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    file = io.BytesIO()
    Image.effect_noise((200, 200), 80).convert("RGB").save(file, kind)
    content = file.getvalue()
    assert problem_of(content[: len(content) // 2]) == Problem.BROKEN_PICTURE


def test_what_hangs_on_behind_a_picture_does_not_come_along():
    """As the short film behind a moving photo, or a page or an archive behind a picture: only the picture is kept."""
    for kind in ("JPEG", "PNG", "WEBP"):
        sent = make_picture(kind) + b"PK\x03\x04<script>alert(1)</script>"
        kept = clean_picture(sent)
        assert b"script" not in kept
        assert b"PK\x03\x04" not in kept
        assert kept == clean_picture(make_picture(kind))


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_bomb_is_refused_before_it_is_unpacked():
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    for side in (8_000, 12_000, 60_000):
        header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
        bomb = (
            b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", header)
            + chunk(b"IDAT", zlib.compress(b"\x00" * 1000))
            + chunk(b"IEND", b"")
        )
        assert problem_of(bomb) == Problem.TOO_MANY_PIXELS


def test_more_than_eight_megabytes_is_refused(monkeypatch):
    assert rules.PICTURE_BYTES == 8 * 1024 * 1024
    monkeypatch.setattr(rules, "PICTURE_BYTES", 500)
    assert problem_of(make_picture()) == Problem.TOO_BIG


def test_every_refusal_has_a_sentence():
    from courses.services.practice import _PICTURE_SENTENCES

    assert set(_PICTURE_SENTENCES) == {
        Problem.TOO_BIG, Problem.TOO_MANY_PIXELS, Problem.HEIC, Problem.NOT_A_PICTURE, Problem.BROKEN_PICTURE,
    }  # fmt: skip
