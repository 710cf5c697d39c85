"""The codes of problems with rows, each explained to staff in docs/problems.md. Stable: config.toml names them.

A warning may be silenced for a source. A code that is an error for one kind of row (a date of an event) and a warning
for another (of a piece of news) is among the warnings: as an error it shows all the same.
"""

_WARNINGS = """
title_long text_long formula kind exchange status audiences association image image_alt url url_http urls
deadline_after deadline_past publish contact_missing merged duplicate contradiction clash
unreadable impossible year range month_missing day_missing weekday_missing unset relative bound empty
weekday weekday_alone which_week year_missing start_missing ambiguous midnight hours hours_twice date_end words
vacations moved too_many
cell_huge mojibake ragged struck hidden_rows event_zone event_repetition event_tentative event_backwards event_differs
copy stale pages cut
"""
_ERRORS = """
title_missing date_missing date unpublished source header title_column planning people far sheet columns quote
event_no_start event_bad_start event_broken event_cut event_slow event_too_often event_never
"""
WARNINGS, ERRORS = frozenset(_WARNINGS.split()), frozenset(_ERRORS.split())
