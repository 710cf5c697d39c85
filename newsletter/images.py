"""Pictures: the only room that opens them. Looked at before they are promised, published small and without their past.

Enters: a file from a folder staff drop things in. Leaves: an `Image`, or a French sentence on what is wrong; and a file
under its published name. Where a photo was taken, with what, and by whom never leaves.
"""

import hashlib
import warnings
from io import BytesIO
from pathlib import Path

from PIL import Image as Picture
from PIL import ImageOps, UnidentifiedImageError

from newsletter.model import Image

TYPES = ("JPEG", "PNG", "GIF", "WEBP")
WIDEST = 1120
MOST_PIXELS = 40_000_000
LARGEST = 20 * 2**20
QUALITY = 82


def look(path: Path, alt: str) -> Image | str:
    """The picture as it would be published, or why it can't be."""
    try:
        if path.stat().st_size > LARGEST:
            return f"image de plus de {LARGEST // 2**20} Mo : réduisez-la ({WIDEST} pixels de large suffisent)"
        content = path.read_bytes()
    except OSError as error:
        return f"image illisible ({error.strerror}) : déposez-la à nouveau"
    try:
        picture = _open(content)
    except ValueError as error:
        return str(error)
    width, height = _size(picture)
    suffix = ".png" if _is_transparent(picture) else ".jpg"
    name = hashlib.sha256(content).hexdigest()[:16] + suffix
    return Image(path=path, name=name, alt=alt, width=width, height=height)


def publish(image: Image, folder: Path) -> Path:
    """Writes the picture under its published name, once: the same picture gives the same bytes."""
    target = folder / image.name
    if target.exists():
        return target
    picture = _open(image.path.read_bytes()).resize((image.width, image.height), Picture.Resampling.LANCZOS)
    out = BytesIO()
    if image.name.endswith(".png"):
        picture.save(out, "PNG", optimize=True)
    else:
        picture.convert("RGB").save(out, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    folder.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    part.write_bytes(out.getvalue())
    part.replace(target)
    return target


def _open(content: bytes) -> Picture.Image:
    """Its first frame, upright, in RGB or RGBA and without any of its notes. Raises ValueError in French."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", Picture.DecompressionBombWarning)
        try:
            picture = Picture.open(BytesIO(content), formats=TYPES)
            if picture.width * picture.height > MOST_PIXELS:
                raise ValueError(
                    f"image de {picture.width} × {picture.height} pixels : réduisez-la à {WIDEST} de large"
                )
            upright = ImageOps.exif_transpose(picture)
        except UnidentifiedImageError:
            raise ValueError("ce n'est pas une image JPEG, PNG, GIF ou WebP : enregistrez-la en JPEG") from None
        except (Picture.DecompressionBombWarning, Picture.DecompressionBombError):
            raise ValueError(f"image démesurée : réduisez-la à {WIDEST} pixels de large") from None
        except (OSError, SyntaxError, IndexError, TypeError, EOFError, OverflowError, MemoryError):
            raise ValueError("image abîmée ou tronquée : déposez-la à nouveau") from None
    return _plain(upright)


def _plain(picture: Picture.Image) -> Picture.Image:
    """The pixels alone."""
    seen_through = picture.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in picture.info
    plain = picture.convert("RGBA" if seen_through else "RGB")
    plain.info = {}
    return plain


def _size(picture: Picture.Image) -> tuple[int, int]:
    width = min(picture.width, WIDEST)
    return width, max(1, round(picture.height * width / picture.width))


def _is_transparent(picture: Picture.Image) -> bool:
    if picture.mode != "RGBA":
        return False
    lowest, _ = picture.getchannel("A").getextrema()
    return isinstance(lowest, int | float) and lowest < 255
