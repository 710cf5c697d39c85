"""What signing costs a mail: joined, then signed by RSA-2048 and by Ed25519; and dkimpy's own signature beside them.

    python -m benchmarks.bench_dkim [--mails 300] [--runs 5]

Each figure is CPU of this process, the contenders in turn: the machine may be shared.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import dkim
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from benchmarks.bench_mime import LETTER, readers
from newsletter.delivery import mime
from newsletter.delivery.dkim import SIGNED, Seal, seal
from newsletter.model import Recipient


def pem(key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey, way: PrivateFormat) -> bytes:
    return key.private_bytes(Encoding.PEM, way, NoEncryption())


def sealed(folder: Path, name: str, content: bytes) -> Seal:
    (folder / name).write_bytes(content)
    return seal(folder / name, "lettre", "malakoff.example")


def contenders(folder: Path) -> dict[str, Callable[[Recipient], object]]:
    template = mime.compile(LETTER)
    secret = pem(rsa.generate_private_key(65537, 2048), PrivateFormat.TraditionalOpenSSL)
    by_rsa = sealed(folder, "rsa.pem", secret)
    by_ed25519 = sealed(folder, "ed.pem", pem(ed25519.Ed25519PrivateKey.generate(), PrivateFormat.PKCS8))
    names = [name for name in SIGNED if name != b"content-transfer-encoding"]

    def by_dkimpy(reader: Recipient) -> object:
        way = {"canonicalize": (b"relaxed", b"relaxed"), "include_headers": names}
        return dkim.DKIM(template.join(reader).content).sign(b"lettre", b"malakoff.example", secret, **way)

    return {
        "joined": template.join,
        "RSA-2048": lambda reader: by_rsa.sign(template.join(reader).content),
        "Ed25519": lambda reader: by_ed25519.sign(template.join(reader).content),
        "dkimpy alone": by_dkimpy,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mails", type=int, default=300)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    people = list(islice(readers(), options.mails))
    with tempfile.TemporaryDirectory() as folder:
        ways = contenders(Path(folder))
        spent: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(options.runs):
            for name, way in ways.items():
                before = time.process_time()
                for reader in people:
                    way(reader)
                spent[name].append((time.process_time() - before) / options.mails * 1e3)
    for name, found in spent.items():
        ratios = [mine / ours for mine, ours in zip(found, spent["RSA-2048"], strict=True)]
        print(
            f"{name:14} {statistics.median(found):7.3f} ms a mail ({min(found):.3f} to {max(found):.3f})   "
            f"{statistics.median(ratios):.2f} × RSA-2048"
        )


if __name__ == "__main__":
    main()
