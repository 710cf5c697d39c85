"""A list of subscribers as its tables: a short file as any source, a long one a piece at a time."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from newsletter import fetch, loaders
from newsletter.config import Config, Source
from newsletter.pipeline.reading import terms


def loads(config: Config, path: Path, at: datetime) -> Iterator[loaders.Load]:
    """What is read of a list, in its order. Raises SourceUnreadable."""
    source = Source(path=str(path.absolute()))
    gathered = fetch.gather(source, config.folder, fetching=terms(config, at))
    yield loaders.Load((), gathered.problems)
    for document in gathered.documents:
        yield loaders.read(replace(document, name=path.name), source, as_of=at, vocabulary="subscribers")
