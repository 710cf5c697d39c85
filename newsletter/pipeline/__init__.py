"""The story of a month, told in its order. Open this file first; each verb has a page of its own.

    load       files are fetched, `loaders` give rows with their origin, `catalogue` makes items or problems   reading
    compose    `composer` prints the items of each audience as a letter, `checks` look at it, it is a draft    composing
    approve    a person agrees to exactly these bytes                                                         approving
    send       a copy per subscriber through `delivery`, a receipt each in the ledger                         sending
    hear       what comes back is kept: a bounce, a complaint, somebody who leaves                            hearing
    schedule   what is due of the months is done once, in its order                               scheduling, monthly

Beside them: `decide` (are two rows the same thing?), `init` (a folder to start from), `take_subscribers` (who reads),
`annotate` and `write_model` (workbooks), `put_notice` and `deliver_notices` (every mail that is no letter), `joining`
(what readers do on their own pages), `examining` (what would fail on the day), `safekeeping` (backup, restore).
Enters: the settings, the store, and the time, which only doors read. Leaves: values, for doors to show.
"""

from newsletter.pipeline.approving import Approval, approve
from newsletter.pipeline.composing import Composition, Plan, compose, name_of, write
from newsletter.pipeline.deciding import decide, decisions
from newsletter.pipeline.hearing import MAIL_MAX, Collected, Post, hear, hear_mailbox, hear_post
from newsletter.pipeline.keeping import Kept, keep_no_more
from newsletter.pipeline.noticing import Noticed, deliver_notices, put_notice
from newsletter.pipeline.people import (
    Taking,
    erase_subscriber,
    export_subscribers,
    print_subscribers,
    take_subscribers,
)
from newsletter.pipeline.reading import load
from newsletter.pipeline.sending import (
    Order,
    Sent,
    Trial,
    Verb,
    cancel,
    pause,
    readers,
    resolve,
    resume,
    send,
    send_test,
)
from newsletter.pipeline.starting import init
from newsletter.pipeline.trying import DryRun, dry_run
from newsletter.pipeline.workbooks import annotate, write_model

__all__ = [
    "MAIL_MAX",
    "Approval",
    "Collected",
    "Composition",
    "DryRun",
    "Kept",
    "Noticed",
    "Order",
    "Plan",
    "Post",
    "Sent",
    "Taking",
    "Trial",
    "Verb",
    "annotate",
    "approve",
    "cancel",
    "compose",
    "decide",
    "decisions",
    "deliver_notices",
    "dry_run",
    "erase_subscriber",
    "export_subscribers",
    "hear",
    "hear_mailbox",
    "hear_post",
    "init",
    "keep_no_more",
    "load",
    "name_of",
    "pause",
    "print_subscribers",
    "put_notice",
    "readers",
    "resolve",
    "resume",
    "send",
    "send_test",
    "take_subscribers",
    "write",
    "write_model",
]
