"""What stops a command, as a tree. A message is a French sentence for the person who can mend it.

NewsletterError
├── ConfigError        config.toml can't be used: every fault at once
├── SourceUnreadable   one source can't be read; the others still are
├── TemplateError      a template or the MJML it makes is wrong, with its line
├── ApprovalRefused    what is to be approved, or sent, is not what was approved
├── FormRefused        what somebody typed can't be kept: every fault at once
├── NotYet             it may be done, but not now: it is tried again
├── NotAllowed         their role doesn't do that
├── Overtaken          somebody else changed it meanwhile
├── TokenRefused       a signed link was forged, cut, or is for something else
├── StoreError         the database can't be used
├── Unfinished         work in a process of its own gave no answer: too long, too large, or it died
└── TransportError     nothing can be handed over now (refused login, no server)

Data at fault is never an exception: it is a `Problem` (model.py), collected with the others.
"""

from collections.abc import Sequence
from datetime import datetime


class NewsletterError(Exception):
    """A sentence in French: what, where, and what to do next. `cli` prints it and exits 2."""


class ConfigError(NewsletterError):
    """Every fault of config.toml together, each with its path and value."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


class SourceUnreadable(NewsletterError):
    """A source as a whole can't be read: missing, locked by a password, truncated, not what its name says."""


class TemplateError(NewsletterError):
    """A template, or the MJML made from it, can't become a letter."""


class ApprovalRefused(NewsletterError):
    """The content is not the one that was approved, or may not be approved."""


class FormRefused(NewsletterError):
    """Every fault of what somebody typed together; nothing of it is kept."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


class NotYet(NewsletterError):
    """Something else has to end before."""


class NotAllowed(NewsletterError):
    """Somebody asks for what their role doesn't do."""


class Overtaken(NewsletterError):
    """Two people change the same thing, and this one saw it before `by` changed it. Nothing is overwritten."""

    def __init__(self, by: str, at: datetime | None) -> None:
        self.by, self.at = by, at
        super().__init__(
            f"{by or 'quelqu’un'} a changé cette édition pendant que vous y travailliez : votre changement n’est pas "
            "enregistré, et rien n’est écrasé ; rechargez la page, puis refaites-le"
        )


class TokenRefused(NewsletterError):
    """A signed value can't be trusted."""


class StoreError(NewsletterError):
    """The database is missing, locked, or of another version."""


class Unfinished(NewsletterError):
    """What was done in a process of its own took too long, or too much memory, or that process died."""


class TransportError(NewsletterError):
    """The transport as a whole can't work now; nothing more should be handed to it."""
