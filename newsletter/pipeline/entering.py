"""Entering: who may come into the studio. An address and a password in, or a link; a session's token out.

Who asks for a link never learns whether the address has an account. Never here: a cookie, a page.
"""

from datetime import datetime
from email.utils import parseaddr

from newsletter import audience
from newsletter.config import Config
from newsletter.errors import FormRefused
from newsletter.model.studio import ROLES, Account, Act, Person, Role
from newsletter.pipeline.arranging import allow
from newsletter.pipeline.telling import STUDIO, News, page, tell
from newsletter.pipeline.typed import line
from newsletter.store import Entrance, Newcomer, Store

ENTER = "/entrer"
HERE, NOBODY = "127.0.0.1", "studio@exemple.example"
COMMAND = Person("la ligne de commande", Role.PROGRAM)


def add_user(config: Config, store: Store, newcomer: Newcomer, by: Person, at: datetime) -> tuple[Account, str]:
    """The account, and the link by which it comes in once, within three days. Raises FormRefused, NotAllowed."""
    allow(by, Act.ACCOUNTS)
    address, fault = audience.check(newcomer.address)
    faults = [f"« {line(newcomer.address)} » : {fault}"] if fault else []
    if newcomer.role not in ROLES:
        faults.append(f"« {newcomer.role} » n’est pas un rôle ; au choix : {', '.join(ROLES)}")
    if faults:
        raise FormRefused(faults)
    name = line(newcomer.name) if newcomer.name else None
    account, token = store.accounts.add(Newcomer(address, newcomer.role, name), by, at=at)
    return account, page(config, f"{ENTER}/{token}")


def open_here(config: Config, store: Store, at: datetime) -> str:
    """The path of a link for who is at this machine: as an administrator there is, else as the first one."""
    there = next((one.address for one in store.accounts.all() if one.role is Role.ADMIN and one.address), None)
    asked = store.accounts.ask_entry(there, HERE, at=at) if there else None
    if asked is None:
        mailbox = there or parseaddr(config.town.reply_to or config.town.sender or "")[1] or NOBODY
        free = there or store.accounts.of(mailbox) is None
        asked = store.accounts.add(Newcomer(mailbox if free else NOBODY, Role.ADMIN), COMMAND, at=at)
    return f"{STUDIO}{ENTER}/{asked[1]}"


def remove_user(store: Store, address: str, by: Person, at: datetime) -> bool:
    """Nobody enters by it any more. Whether there was such an account. Raises NotAllowed."""
    allow(by, Act.ACCOUNTS)
    account = store.accounts.of(audience.check(address)[0])
    return account is not None and store.accounts.remove(account.id, by, at=at)


def ask_link(config: Config, store: Store, address: str, client: str, at: datetime) -> None:
    """A mail with a link that opens a session once, within a quarter of an hour, if there is such an account."""
    asked = store.accounts.ask_entry(audience.check(address)[0], client, at=at)
    if asked is None:
        return
    account, token = asked
    words = (
        "Voici le lien que vous avez demandé pour entrer dans le studio. Il sert une fois, pendant un quart d’heure.\n"
        "Si vous n’avez rien demandé, ignorez ce message : personne n’est entré. Ne le transférez pas."
    )
    about = f"entrée {at.timestamp():.6f}"
    tell(config, store, [account], News(about, "Votre lien pour entrer", words, page(config, f"{ENTER}/{token}")), at)


def enter(store: Store, address: str, password: str, client: str, at: datetime) -> Entrance:
    """A session for who knows the password; how many may be tried is counted by address and by client."""
    return store.accounts.enter(audience.check(address)[0], password, client, at=at)


def enter_by(store: Store, token: str, at: datetime) -> Entrance:
    """A session for who holds a link, once."""
    return store.accounts.enter_by(token, at=at)


def come_back(store: Store, token: str, at: datetime) -> Account | None:
    """Who comes with a session's token; this visit counts. None: unknown, or over."""
    return store.accounts.session(token, at=at)


def leave(store: Store, token: str) -> bool:
    """The session is over."""
    return store.accounts.leave(token)


def choose_password(store: Store, account: Account, password: str, at: datetime) -> None:
    """Their password from now on; every session of theirs ends. Raises FormRefused."""
    store.accounts.choose_password(account.id, password, at=at)
