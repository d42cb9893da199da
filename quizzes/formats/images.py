"""What the first bytes of a picture say: its kind and its size. Nothing is drawn. No Django."""

import io
import warnings

from PIL import Image

_SUFFIXES = ((b"\x89PNG", "png"), (b"\xff\xd8", "jpg"), (b"GIF8", "gif"), (b"RIFF", "webp"), (b"BM", "bmp"))


def suffix_of(data: bytes) -> str:
    return next((suffix for start, suffix in _SUFFIXES if data.startswith(start)), "bin")


def size_of(data: bytes) -> tuple[int, int] | None:
    """(width, height) in pixels, None for what is no picture."""
    if suffix_of(data) == "bin":
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "GIF", "WEBP", "BMP")) as image:
                return image.size
    except Exception:  # noqa: BLE001  a damaged header breaks anywhere in the library
        return None
