"""The timetable: ten years of months, both clock changes, days off; every step in its order, whatever the settings."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter import config, timetable
from newsletter.config import Schedule
from newsletter.config.values import ORDINALS, WEEKDAYS
from newsletter.dates.seasons import holidays
from newsletter.timetable import Name, Step

PARIS = ZoneInfo("Europe/Paris")
MONTHS = [date(year, month, 1) for year in range(2026, 2036) for month in range(1, 13)]
BEFORE = list(timetable.BEFORE)


def paris(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=PARIS)  # type: ignore[misc, arg-type]


def planned(month: date, **keys: object) -> dict[str, datetime]:
    return {
        step.key: step.at.astimezone(PARIS) for step in timetable.of_month(Schedule.model_validate(keys), month, PARIS)
    }


@pytest.mark.parametrize(
    ("send", "month", "at"),
    [
        ("first tuesday 09:00", date(2021, 12, 1), paris(2021, 12, 7, 9)),
        ("1 09:00", date(2021, 12, 1), paris(2021, 12, 1, 9)),
        ("last friday 18:30", date(2021, 12, 1), paris(2021, 12, 31, 18, 30)),
        ("second monday 09:00", date(2022, 2, 1), paris(2022, 2, 14, 9)),
        ("28 09:00", date(2022, 2, 1), paris(2022, 2, 28, 9)),
        ("28 02:30", date(2027, 3, 1), paris(2027, 3, 28, 3, 30)),  # 02:30 doesn't exist that night
        ("25 02:30", date(2026, 10, 1), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # it comes twice: the first one
    ],
)
def test_the_send_of_a_month(send: str, month: date, at: datetime) -> None:
    found = timetable.send_at(Schedule(send=send), month, PARIS)
    assert found.isoformat() == at.astimezone(UTC).astimezone(PARIS).isoformat()


def test_a_month_as_it_is_set() -> None:
    assert planned(date(2026, 12, 1), send="1 09:00") == {
        "collect": paris(2026, 11, 19, 9),
        "remind": paris(2026, 11, 21, 9),
        "draft": paris(2026, 11, 23, 9),
        "review": paris(2026, 11, 24, 9),
        "rehearsal": paris(2026, 11, 26, 9),
        "approval": paris(2026, 11, 30, 17),
        "send": paris(2026, 12, 1, 9),
        "report H+1": paris(2026, 12, 1, 10),
        "report J+3": paris(2026, 12, 4, 9),
    }


@pytest.mark.parametrize(
    ("keys", "step", "at"),
    [
        ({"send": "1 09:00"}, "send", paris(2027, 1, 4, 9)),  # the 1st is a holiday, then a weekend
        ({"send": "4 09:00", "review": "J-2 09:00"}, "review", paris(2026, 12, 31, 9)),  # the 4th would be the send
        ({"send": "4 18:00", "review": "J-2 09:00"}, "review", paris(2027, 1, 4, 9)),
        ({"send": "4 09:00"}, "approval", paris(2026, 12, 31, 17)),
        ({"send": "5 09:00", "review": "J-3 09:00"}, "review", paris(2027, 1, 4, 9)),
        ({"send": "26 09:00"}, "remind", paris(2027, 1, 15, 9)),  # Monday would be the draft's
        ({"send": "26 09:00", "remind": "J-10 11:00"}, "remind", paris(2027, 1, 15, 11)),
        ({"send": "26 09:00", "remind": "J-10 08:00"}, "remind", paris(2027, 1, 18, 8)),
        ({"send": "28 09:00"}, "collect", paris(2027, 1, 15, 9)),  # Monday would be the reminder's
        ({"send": "28 09:00", "report": ["H+1", "J+2"]}, "report J+2", paris(2027, 2, 1, 9)),
        ({"send": "28 23:30", "report": ["H+30"]}, "report H+30", paris(2027, 1, 30, 5, 30)),  # hours are hours
    ],
)
def test_a_day_off_becomes_a_working_day_and_never_meets_what_follows(
    keys: dict[str, object], step: str, at: datetime
) -> None:
    assert planned(date(2027, 1, 1), working_days=True, **keys)[step] == at


def test_days_off_are_kept_unless_settings_say_otherwise() -> None:
    assert planned(date(2027, 1, 1), send="1 09:00")["send"] == paris(2027, 1, 1, 9)


@pytest.mark.parametrize(
    ("send", "step", "at"),
    [
        ("28 09:00", "report H+1", "2027-03-28T10:00:00+02:00"),
        ("27 23:30", "report H+4", "2027-03-28T04:30:00+02:00"),  # four real hours, one of which nobody saw
        ("27 09:00", "report J+3", "2027-03-30T09:00:00+02:00"),
        ("30 09:00", "draft", "2027-03-22T09:00:00+01:00"),
    ],
)
def test_hours_pass_and_days_are_read_on_the_wall_across_a_clock_change(send: str, step: str, at: str) -> None:
    send = {"30 09:00": "last tuesday 09:00"}.get(send, send)
    steps = planned(date(2027, 3, 1), send=send, report=["H+1", "H+4", "J+3"])
    assert steps[step].isoformat() == at


@pytest.mark.parametrize("hour", [f"{hour:02}:{minute:02}" for hour in (0, 1, 2, 3, 9) for minute in (0, 30)])
def test_ten_years_of_days_have_each_hour_once_also_on_both_clock_changes(hour: str) -> None:
    """Every "first … last Sunday" and each date a send can be on, of ten years: the clock says what was asked for."""
    for month in MONTHS:
        for send in (f"last sunday {hour}", f"first sunday {hour}", *(f"{day} {hour}" for day in (24, 25, 28))):
            at = timetable.send_at(Schedule(send=send), month, PARIS)
            assert at == at.astimezone(UTC).astimezone(PARIS)
            spring = at.date().month == 3 and at.date() == last_sunday(month) and hour in ("02:00", "02:30")
            assert f"{at:%H:%M}" == (hour.replace("02", "03") if spring else hour)
            assert at.fold == 0


def last_sunday(month: date) -> date:
    last = (month + timedelta(31)).replace(day=1) - timedelta(1)
    return last - timedelta((last.weekday() + 1) % 7)


hours = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.sampled_from([0, 15, 30, 59]))
sends = st.one_of(
    st.builds("{} {}".format, st.integers(1, 28), hours),
    st.builds("{} {} {}".format, st.sampled_from(list(ORDINALS)), st.sampled_from(WEEKDAYS), hours),
)
schedules = st.builds(
    Schedule,
    send=sends,
    **{str(name): st.builds("J-{} {}".format, st.integers(1, 99), hours) for name in BEFORE},
    report=st.lists(st.builds("{}+{}".format, st.sampled_from("HJ"), st.integers(0, 99)), max_size=3).map(tuple),
    working_days=st.booleans(),
    late_by=st.integers(1, 200),
)


def wanted(schedule: Schedule, step: Step, leaves: date) -> tuple[date, time] | None:
    """The day and hour as they are written, before any day off."""
    if step.name not in BEFORE:
        return None
    days, hour = getattr(schedule, step.name).removeprefix("J-").split(" ")
    return leaves - timedelta(int(days)), time.fromisoformat(hour)


@settings(max_examples=150, deadline=None)
@given(schedules, st.sampled_from(MONTHS))
def test_whatever_the_settings_steps_keep_their_order_and_their_window(schedule: Schedule, month: date) -> None:
    steps = timetable.of_month(schedule, month, PARIS)
    assert len({step.key for step in steps}) == len(steps) == 7 + len(set(schedule.report))
    leaves = next(step for step in steps if step.name is Name.SEND)
    asked = [wanted(schedule, step, leaves.at.astimezone(PARIS).date()) for step in steps]
    assert [step.name in BEFORE for step in steps] == [True] * 6 + [False] * (len(steps) - 6)
    for (step, one), (after, other) in pairwise(zip(steps, asked, strict=True)):
        assert step.at <= after.at
        assert step.at == after.at or one is None or other is None or one <= other
    for step in steps:
        assert step.at < step.until
        assert step.name not in BEFORE or step.until <= leaves.at
        day = step.at.astimezone(PARIS).date()
        if schedule.working_days and not step.after.startswith("H"):
            assert day.weekday() < 5
            assert day not in holidays(day.year)


@settings(max_examples=30, deadline=None)
@given(schedules)
def test_a_month_leaves_after_the_month_before(schedule: Schedule) -> None:
    leaving = [timetable.send_at(schedule, month, PARIS) for month in MONTHS]
    assert all(one.astimezone(UTC) < other.astimezone(UTC) for one, other in pairwise(leaving))


@settings(max_examples=30, deadline=None)
@given(schedules, st.integers(0, 10 * 365 * 24), st.integers(0, 400))
def test_what_is_between_two_moments_is_all_of_it(schedule: Schedule, start: int, days: int) -> None:
    first = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=start)
    last = first + timedelta(days)
    count = first.year * 12 + first.month - 1
    months = [date(number // 12, number % 12 + 1, 1) for number in range(count - 8, count + 24)]
    every = [step for month in months for step in timetable.of_month(schedule, month, PARIS)]
    found = timetable.between(schedule, PARIS, first, last)
    assert {(step.edition, step.key) for step in found} == {
        (step.edition, step.key) for step in every if first <= step.at <= last
    }
    assert all(one.at <= other.at for one, other in pairwise(found))


def test_every_step_has_a_key_in_the_settings() -> None:
    assert {str(name) for name in Name} <= set(config.Schedule.model_fields)
    assert set(timetable.FRENCH) == set(Name)
