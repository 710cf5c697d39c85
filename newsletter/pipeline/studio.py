"""The studio: staff and bureau see, mend, discuss and approve. Each verb has a page of its own; doors find them here.

    enter → arrange ⇄ compose → request_review → comment, answer, close → approve → ask_to_send ⇄ undo → leave_due
    changes: what the sources say since        reopen: an approval ends, who gave it is told

Who may do what is a table (model.studio.MAY), which every verb asks.
"""

from newsletter.pipeline.approving import Approval, approve, reopen, warnings
from newsletter.pipeline.arranging import Wanted, allow, arrange
from newsletter.pipeline.changing import between, changes, rearrangements, sentence
from newsletter.pipeline.comparing import Mark, Paragraph, compare
from newsletter.pipeline.departing import ask_to_send, leave_due, undo
from newsletter.pipeline.entering import (
    add_user,
    ask_link,
    choose_password,
    come_back,
    enter,
    enter_by,
    leave,
    open_here,
    remove_user,
)
from newsletter.pipeline.facts import LABELS
from newsletter.pipeline.logbook import export_audit
from newsletter.pipeline.receiving import Looked, Received, look_up, received
from newsletter.pipeline.reviewing import Guest, answer, close, comment, guest, request_review, uninvite

__all__ = [
    "LABELS",
    "Approval",
    "Guest",
    "Looked",
    "Mark",
    "Paragraph",
    "Received",
    "Wanted",
    "add_user",
    "allow",
    "answer",
    "approve",
    "arrange",
    "ask_link",
    "ask_to_send",
    "between",
    "changes",
    "choose_password",
    "close",
    "come_back",
    "comment",
    "compare",
    "enter",
    "enter_by",
    "export_audit",
    "guest",
    "leave",
    "leave_due",
    "look_up",
    "open_here",
    "rearrangements",
    "received",
    "remove_user",
    "reopen",
    "request_review",
    "sentence",
    "undo",
    "uninvite",
    "warnings",
]
