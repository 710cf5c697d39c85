"""A list of subscribers as its tables: a short file as any source, a long one a piece at a time."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from newsletter import fetch, loaders
from newsletter.config import Config, Source
from newsletter.pipeline.reading import terms

LONG = 2_000_000  # bytes, some 20,000 rows: a longer text is read a piece at a time
TEXTS = (".csv", ".tsv", ".txt")


def loads(config: Config, path: Path, at: datetime) -> Iterator[loaders.Load]:
    """What is read of a list, in its order. Raises SourceUnreadable."""
    source = Source(path=str(path.absolute()))
    if path.suffix.lower() in TEXTS and path.is_file() and path.stat().st_size > LONG:
        with fetch.opened(path) as file:
            yield from loaders.read_in_pieces(path.name, file, source, as_of=at)
        return
    gathered = fetch.gather(source, config.folder, fetching=terms(config, at))
    yield loaders.Load((), gathered.problems)
    for document in gathered.documents:
        yield loaders.read(replace(document, name=path.name), source, as_of=at, vocabulary="subscribers")
