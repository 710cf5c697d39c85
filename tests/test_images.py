import hashlib
import struct
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image as Picture

from newsletter import images
from newsletter.model import Image


def written(folder: Path, name: str, picture: Picture.Image, **options: object) -> Path:
    path = folder / name
    picture.save(path, **options)
    return path


def looked(path: Path, alt: str = "Un vélo") -> Image:
    image = images.look(path, alt)
    assert isinstance(image, Image), image
    return image


@pytest.mark.parametrize(
    ("name", "mode", "size", "suffix", "published"),
    [
        ("a.jpg", "RGB", (2240, 1000), ".jpg", (1120, 500)),
        ("a.jpg", "RGB", (300, 200), ".jpg", (300, 200)),
        ("a.jpg", "L", (300, 200), ".jpg", (300, 200)),
        ("a.jpg", "CMYK", (300, 200), ".jpg", (300, 200)),
        ("a.png", "RGB", (300, 200), ".jpg", (300, 200)),
        ("a.png", "RGBA", (2000, 200), ".png", (1120, 112)),
        ("a.png", "P", (300, 200), ".jpg", (300, 200)),
        ("a.png", "I;16", (300, 200), ".jpg", (300, 200)),
        ("a.gif", "P", (300, 200), ".jpg", (300, 200)),
        ("a.webp", "RGB", (300, 200), ".jpg", (300, 200)),
        ("sans_suffixe.txt", "RGB", (300, 200), ".jpg", (300, 200)),
        ("a.jpg", "RGB", (5000, 1), ".jpg", (1120, 1)),
    ],
)
def test_what_is_published(
    tmp_path: Path, name: str, mode: str, size: tuple[int, int], suffix: str, published: tuple[int, int]
) -> None:
    fmt = {"a.gif": "GIF", "a.webp": "WEBP", "a.png": "PNG"}.get(name, "JPEG")
    path = written(tmp_path, name, Picture.new(mode, size), format=fmt)
    image = looked(path)
    assert image.name == hashlib.sha256(path.read_bytes()).hexdigest()[:16] + suffix
    assert (image.width, image.height) == published
    assert (image.path, image.alt) == (path, "Un vélo")
    with Picture.open(images.publish(image, tmp_path / "out")) as out:
        assert out.size == published
        assert out.format == {".jpg": "JPEG", ".png": "PNG"}[suffix]


def test_an_opaque_alpha_channel_is_no_transparency(tmp_path: Path) -> None:
    assert looked(written(tmp_path, "a.png", Picture.new("RGBA", (9, 9), (1, 2, 3, 255)))).name.endswith(".jpg")
    assert looked(written(tmp_path, "b.png", Picture.new("RGBA", (9, 9), (1, 2, 3, 254)))).name.endswith(".png")


def test_where_and_by_whom_it_was_taken_never_leaves(tmp_path: Path) -> None:
    exif = Picture.Exif()
    exif[0x013B] = "Léa Durand"
    exif[0x010F] = "Appareil secret"
    exif.get_ifd(0x8825)[2] = (48.0, 49.0, 10.0)
    path = written(tmp_path, "a.jpg", Picture.new("RGB", (90, 60)), exif=exif, comment=b"secret de famille")
    assert b"secret" in path.read_bytes()
    out = images.publish(looked(path), tmp_path / "out")
    content = out.read_bytes()
    assert b"secret" not in content
    assert b"Exif" not in content
    assert not Picture.open(BytesIO(content)).getexif()


def test_a_picture_is_published_upright(tmp_path: Path) -> None:
    exif = Picture.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    image = looked(written(tmp_path, "a.jpg", Picture.new("RGB", (300, 100)), exif=exif))
    assert (image.width, image.height) == (100, 300)
    with Picture.open(images.publish(image, tmp_path / "out")) as out:
        assert out.size == (100, 300)


def test_the_same_picture_gives_the_same_bytes_once(tmp_path: Path) -> None:
    image = looked(written(tmp_path, "a.jpg", Picture.effect_noise((1500, 900), 50).convert("RGB")))
    one, two = images.publish(image, tmp_path / "un"), images.publish(image, tmp_path / "deux")
    assert one.read_bytes() == two.read_bytes()
    before = one.stat().st_mtime_ns
    assert images.publish(image, tmp_path / "un") == one
    assert one.stat().st_mtime_ns == before
    assert [file.name for file in (tmp_path / "un").iterdir()] == [image.name]


def _huge_png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )


def _cut_jpeg() -> bytes:
    out = BytesIO()
    Picture.effect_noise((400, 400), 80).save(out, "JPEG")
    return out.getvalue()[:3000]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "pas une image"),
        (b"bonjour", "pas une image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "pas une image"),
        (b"%PDF-1.4", "pas une image"),
        (b"II*\x00" + bytes(100), "pas une image"),
        (_cut_jpeg(), "tronquée"),
        (b"\xff\xd8\xff\xe0" + bytes(200), "image"),
        (_huge_png(10_000, 5_000), "10000 × 5000"),
        (_huge_png(100_000, 100_000), "réduisez-la"),
        (_huge_png(100, 100), "tronquée"),
        (b"x" * (images.LARGEST + 1), "20 Mo"),
    ],
)
def test_what_is_no_picture_is_told(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(content)
    fault = images.look(path, "")
    assert isinstance(fault, str)
    assert said in fault


def test_a_picture_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert "illisible" in str(images.look(tmp_path / "absente.jpg", ""))
