"""Settings: config.toml in, frozen values out. Every fault is reported together, each with its path and value.

Nothing is read at import, and secrets are not here: they come from the environment (tokens.py, delivery).
"""

import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from newsletter.config import values
from newsletter.config.values import RETURNS
from newsletter.errors import ConfigError
from newsletter.model import Kind, Problem

Mailbox = Annotated[str, AfterValidator(values.mailbox)]
Web = Annotated[str, AfterValidator(values.web)]
DnsName = Annotated[str, AfterValidator(values.dns_name)]
Before = Annotated[str, AfterValidator(values.before)]


class _Stanza(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Town(_Stanza):
    """Who writes, and how the letters look."""

    name: str = "Ma commune"
    timezone: Annotated[str, AfterValidator(values.timezone)] = "Europe/Paris"
    language: Literal["fr", "en"] = "fr"
    sender: Mailbox | None = None
    reply_to: Mailbox | None = None
    website: Web | None = None
    address: str | None = None
    color: Annotated[str, AfterValidator(values.color)] = "#0b5c7a"
    logo: str | None = None
    directory: str | None = None
    privacy: Web | None = None

    @property
    def zone(self) -> ZoneInfo:
        """The town's time zone."""
        return ZoneInfo(self.timezone)


class Site(_Stanza):
    """Where readers' and staff pages are. Nothing is sent without `url`. `asks`: mails a visitor may ask an hour.

    `accessibility`: the town's declaration; `conformity`: how far the pages follow the RGAA (décret 2019-768).
    """

    url: Web | None = None
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    themes: tuple[Annotated[str, Field(min_length=1, max_length=60)], ...] = ()
    asks: int = Field(default=30, ge=1)
    accessibility: Web | None = None
    conformity: Literal["non", "partial", "total"] = "non"

    @property
    def address(self) -> str:
        """Where links lead: `url`, or this machine until there is one."""
        return self.url or f"http://{self.host}:{self.port}"


class Source(_Stanza):
    """Where rows come from, and what they are when they don't say. `contact`: who of `people.collect` keeps it."""

    path: str = Field(min_length=1)
    kind: Kind = Kind.EVENT
    association: str | None = None
    audiences: tuple[str, ...] = ()
    sheet: str | None = None
    contact: Mailbox | None = None
    columns: Mapping[str, str] = {}
    silence: tuple[Annotated[str, AfterValidator(values.silenced)], ...] = ()

    def shows(self, problem: Problem) -> bool:
        """Whether staff want to see it: errors always, warnings unless they are silenced for this source."""
        return problem.severity == "error" or problem.code not in self.silence


class Fetch(_Stanza):
    """How feeds are fetched. `allow`: machines of the town's own network that may be asked, even over plain http."""

    allow: tuple[str, ...] = ()


class Audience(_Stanza):
    """Who an edition speaks to. `words` are what staff may type for it besides its name and title."""

    title: str
    subject: str = "{title} : {month}"
    intro: str = ""
    sections: tuple[Kind, ...] = tuple(Kind)  # an empty list: no such letter
    words: tuple[str, ...] = ()


class Schedule(_Stanza):
    """When a month's steps are due. All but `send` are relative to it."""

    send: Annotated[str, AfterValidator(values.send)] = "first tuesday 09:00"
    collect: Before = "J-12 09:00"
    remind: Before = "J-10 09:00"
    draft: Before = "J-8 09:00"
    review: Before = "J-7 09:00"
    rehearsal: Before = "J-5 09:00"
    approval: Before = "J-1 17:00"
    report: tuple[Annotated[str, AfterValidator(values.after)], ...] = ("H+1", "J+3")
    working_days: bool = False
    late_by: int = Field(default=24, ge=1, description="hours after which a mailing waits for a person")
    approvals: int = Field(default=1, ge=1, le=5)
    approvers: tuple[Literal["editor", "reviewer", "approver", "admin"], ...] = ("approver", "admin")


class People(_Stanza):
    """Who is written to by itself. `staff`: reports and alerts; `bureau`: drafts to read; `collect`: calls for news."""

    staff: tuple[Mailbox, ...] = ()
    bureau: tuple[Mailbox, ...] = ()
    collect: tuple[Mailbox, ...] = ()


class Store(_Stanza):
    """Where the state is kept: SQLite, or PostgreSQL by its address."""

    url: str = Field(default="sqlite:///var/newsletter.db", pattern=r"^(sqlite:///|postgresql(\+psycopg)?://).+")


class Smtp(_Stanza):
    """The relay letters are handed to. The password is SMTP_PASSWORD in the environment.

    With the three of `dkim_…` mails are signed before they leave; with none, the relay does it.
    """

    host: str = "localhost"
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["none", "starttls", "tls"] = "starttls"
    user: str | None = None
    connections: int = Field(default=2, ge=1, le=32)
    dkim_key: str | None = None
    dkim_selector: DnsName | None = None
    dkim_domain: DnsName | None = None

    @model_validator(mode="after")
    def _all_or_none(self) -> "Smtp":
        signing = (self.dkim_key, self.dkim_selector, self.dkim_domain)
        if any(signing) and not all(signing):
            raise ValueError("dkim_key, dkim_selector et dkim_domain vont ensemble ; écrivez les trois")
        return self


class SendGrid(_Stanza):
    """SendGrid's API. The key is SENDGRID_API_KEY in the environment. `webhook_key` is public: it proves who tells."""

    url: Web | None = None
    region: Literal["global", "eu"] = "eu"
    webhook_key: str | None = None


class Returns(_Stanza):
    """The mailbox that bounces and `mailto:` unsubscriptions come back to. Its password is IMAP_PASSWORD.

    `done`: the folder read ones are moved to; None: they are marked as read.
    """

    host: str = "localhost"
    port: int = Field(default=993, ge=1, le=65535)
    security: Literal["none", "starttls", "tls"] = "tls"
    user: str
    folder: str = "INBOX"
    done: str | None = None


class Delivery(_Stanza):
    """How copies leave. `rate` is the most messages per minute (None: as fast as the transport takes them).

    `return_path`: where bounces come back to, at an address of each copy's own (`returns+NUMBER@town.example`).
    """

    transport: Literal["files", "smtp", "sendgrid"] = "files"
    outbox: str = "var/outbox"
    rate: int | None = Field(default=None, ge=1)
    bounces: int = Field(default=3, ge=1, le=100, description="copies in a row that a lost mailbox sent back")
    return_path: Annotated[str, AfterValidator(values.return_path)] | None = None
    mailbox: Returns | None = None
    smtp: Smtp = Smtp()
    sendgrid: SendGrid = SendGrid()

    @property
    def returns(self) -> str | None:
        """Where mails about copies come back to: `return_path`, else the mailbox that is read, if its user is one."""
        user = self.mailbox.user if self.mailbox else ""
        return self.return_path or (user if RETURNS.fullmatch(user) else None)


class Retention(_Stanza):
    """How long what is known of people is kept. `unconfirmed_days`, `renew_within`, `notices`, `events`: days.

    `renew_after`: months without a sign of somebody, after which they are asked whether they go on (0: never).
    """

    unconfirmed_days: int = Field(default=7, ge=1, le=7)
    renew_after: int = Field(default=12, ge=0, le=60)
    renew_within: int = Field(default=60, ge=7, le=365)
    notices: int = Field(default=90, ge=1, le=3650)
    events: int = Field(default=180, ge=1, le=3650)


PUBLIC = Audience(
    title="La lettre des habitants",
    intro="Ce que les associations préparent près de chez vous.",
    sections=(Kind.EVENT, Kind.TRAINING, Kind.MEETING, Kind.EXCHANGE, Kind.CALL, Kind.NEWS),
)
ASSOCIATIONS = Audience(
    title="La lettre des associations",
    intro="Les échéances, les formations et l'entraide entre associations.",
    sections=(Kind.CALL, Kind.TRAINING, Kind.MEETING, Kind.EXCHANGE, Kind.EVENT, Kind.NEWS),
)


class Config(_Stanza):
    """The whole of config.toml. `folder` is the one it stands in: relative paths start there.

    `both`: the one letter that somebody who reads it and others gets (None: each they read); written `audiences.both`.
    """

    folder: Path
    town: Town = Town()
    site: Site = Site()
    sources: tuple[Source, ...] = ()
    fetch: Fetch = Fetch()
    audiences: Mapping[str, Audience] = {"public": PUBLIC, "associations": ASSOCIATIONS}
    both: str | None = None
    schedule: Schedule = Schedule()
    people: People = People()
    store: Store = Store()
    delivery: Delivery = Delivery()
    retention: Retention = Retention()

    @property
    def var(self) -> Path:
        """Where everything the program writes goes."""
        return self.folder / "var"

    @property
    def templates(self) -> Path:
        """The folder of templates staff may edit, else the carried ones."""
        folder = self.folder / "templates"
        return folder if folder.is_dir() else carried("templates")


def carried(name: str) -> Path:
    """What the package carries (templates, data, config.toml): in a wheel inside it, else the checkout's."""
    package = Path(__file__).parent.parent
    inside = package / "carried" / name
    return inside if inside.exists() else package.parent / name


def load(path: Path) -> Config:
    """Reads a config.toml. Raises ConfigError with every fault found."""
    written = _parse(path)
    stanzas = written.get("audiences", {})
    if isinstance(stanzas, dict):
        both = None if isinstance(stanzas.get("both"), dict) else stanzas.pop("both", None)
        written |= {"audiences": _audiences(stanzas), "both": both}
    try:
        config = Config(folder=path.resolve().parent, **written)
    except ValidationError as error:
        raise ConfigError([_sentence(fault, written) for fault in error.errors()]) from None
    unknown = [
        f"sources[{n}].audiences : « {word} » n'est pas une audience de ce fichier ({', '.join(config.audiences)})"
        for n, source in enumerate(config.sources, 1)
        for word in source.audiences
        if word not in config.audiences
    ]
    if config.both not in (None, *config.audiences):
        known = ", ".join(config.audiences)
        unknown.append(f"audiences.both : « {config.both} » n'est pas une audience de ce fichier ({known})")
    if unknown:
        raise ConfigError(unknown)
    return config


def _audiences(stanzas: Mapping[str, Any]) -> dict[str, Any]:
    """Both usual audiences, whatever of them is written, then those of the town. No section: no letter."""
    usual = {"public": PUBLIC.model_dump(), "associations": ASSOCIATIONS.model_dump()}
    names = [*usual, *(name for name in stanzas if name not in usual)]
    merged = {name: stanzas.get(name, {}) for name in names}
    merged = {name: {**usual.get(name, {}), **own} if isinstance(own, dict) else own for name, own in merged.items()}
    return {name: own for name, own in merged.items() if not isinstance(own, dict) or own.get("sections") != []}


def _parse(path: Path) -> dict[str, Any]:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise ConfigError([f"{path} : ce fichier n'existe pas ; « newsletter init DOSSIER » en écrit un"]) from None
    except OSError as error:
        raise ConfigError([f"{path} : ce fichier ne peut pas être lu ({error.strerror})"]) from None
    try:
        written = tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise ConfigError([f"{path} : ce fichier n'est pas en UTF-8 ; enregistrez-le en UTF-8"]) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([f"{path} : ce n'est pas du TOML ({error}) ; vérifiez les guillemets et les « = »"]) from None
    if apart := {"folder", "both"} & written.keys():
        raise ConfigError([f"{key} : cette clé n'existe pas" for key in sorted(apart)])
    return written


SENTENCES = {
    "missing": "cette clé manque",
    "string_type": "doit être un texte entre guillemets",
    "int_type": "doit être un nombre entier",
    "int_parsing": "doit être un nombre entier",
    "int_from_float": "doit être un nombre entier",
    "bool_type": "doit être true ou false",
    "bool_parsing": "doit être true ou false",
    "tuple_type": "doit être une liste entre crochets",
    "dict_type": "doit être une table de clés",
    "mapping_type": "doit être une table de clés",
    "model_type": "doit être une table de clés",
    "string_too_short": "est vide",
}


def _sentence(fault: ErrorDetails, written: Mapping[str, Any]) -> str:
    places = fault["loc"]
    path = "".join(f"[{p + 1}]" if isinstance(p, int) else f".{p}" for p in places).lstrip(".")
    path = "audiences.both" if places == ("both",) else path
    kind, context = fault["type"], fault.get("ctx", {})
    found = "" if kind == "missing" or isinstance(fault["input"], dict) else f"« {_toml(fault['input'])} » "
    if kind == "extra_forbidden":
        return f"{path} : cette clé n'existe pas{_near(str(places[-1]), _siblings(places))}"
    if kind in ("enum", "literal_error"):
        expected = str(context["expected"]).replace("'", "").replace(" or ", ", ")
        return f"{path} : {found}n'est pas connu ; au choix : {expected}"
    if kind == "value_error":
        return f"{path} : {found}{context['error']}"
    if kind.startswith(("greater", "less")):
        bound = next(iter(context.values()))
        return f"{path} : {found}doit être {'au moins' if kind.startswith('greater') else 'au plus'} {bound}"
    if kind == "string_pattern_mismatch":
        return (
            f"{path} : {found}n'est pas une base connue ; écrivez « sqlite:///var/newsletter.db » ou « postgresql://… »"
        )
    return f"{path} : {found}{SENTENCES.get(kind, fault['msg'])}"


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _siblings(places: tuple[int | str, ...]) -> list[str]:
    known: type[BaseModel] = Config
    stanzas: dict[str, type[BaseModel]] = {
        "town": Town, "site": Site, "sources": Source, "fetch": Fetch, "audiences": Audience, "schedule": Schedule,
        "people": People, "store": Store, "delivery": Delivery, "smtp": Smtp, "sendgrid": SendGrid, "mailbox": Returns,
        "retention": Retention,
    }  # fmt: skip
    for place in places[:-1]:
        known = stanzas.get(str(place), known)
    return [name for name in known.model_fields if name not in ("folder", "both")]


def _near(word: str, words: list[str]) -> str:
    near = get_close_matches(word, words, 1)
    return f" ; vouliez-vous « {near[0]} » ?" if near else f" ; clés connues : {', '.join(words)}"
