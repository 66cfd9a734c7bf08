"""Free and busy time: spans of aware datetimes, compared in UTC, shown in the zone of the calendar."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from ..config import BusinessHours

GRID_MINUTES = 15
"""Offered times begin at a quarter of an hour."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    start: datetime
    end: datetime

    @property
    def minutes(self) -> float:
        return (self.end - self.start).total_seconds() / 60

    def touches(self, other: Span) -> bool:
        return self.start < other.end and other.start < self.end

    def within(self, other: Span) -> bool:
        return other.start <= self.start and self.end <= other.end


def utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def at(day: date, moment: time, zone: tzinfo | None) -> datetime:
    """A local time as UTC; without a zone it is the machine's."""
    local = datetime.combine(day, moment)
    return utc(local.replace(tzinfo=zone) if zone else local.astimezone())


def local_time(moment: datetime, zone: tzinfo | None) -> datetime:
    """What a model wrote down, as UTC; raises `ValueError` where it is no time on the clock of the house."""
    if moment.tzinfo is not None:
        raise ValueError("Give the local time, without an offset and without Z.")
    local = moment.replace(tzinfo=zone) if zone else moment.astimezone()
    if utc(local).astimezone(local.tzinfo).replace(tzinfo=None) != moment:
        raise ValueError("That time does not exist: the clocks change that night.")
    return utc(local)


def whole_day(day: date, zone: tzinfo | None) -> Span:
    return Span(at(day, time(0), zone), at(day + timedelta(days=1), time(0), zone))


def open_spans(day: date, hours: BusinessHours, zone: tzinfo | None) -> list[Span]:
    """When the house is open that day; an end of midnight is the end of the day."""
    spans = []
    for start, end in hours.get(day.weekday(), ()):
        last = at(day + timedelta(days=1), end, zone) if end == time(0) else at(day, end, zone)
        spans.append(Span(at(day, start, zone), last))
    return spans


def merged(spans: Iterable[Span]) -> list[Span]:
    """In order, without overlaps."""
    result: list[Span] = []
    for span in sorted(spans):
        if result and span.start <= result[-1].end:
            result[-1] = Span(result[-1].start, max(result[-1].end, span.end))
        else:
            result.append(span)
    return result


def without(spans: Iterable[Span], busy: Iterable[Span]) -> list[Span]:
    """What is left of `spans` outside `busy`."""
    left = []
    blocked = merged(busy)
    for span in spans:
        start = span.start
        for block in blocked:
            if block.start < span.end and block.end > start:
                if block.start > start:
                    left.append(Span(start, block.start))
                start = max(start, block.end)
        if start < span.end:
            left.append(Span(start, span.end))
    return left


def slots(free: Iterable[Span], minutes: int) -> Iterator[Span]:
    """Appointments of this length, one after the other, beginning on the grid."""
    length, grid = timedelta(minutes=minutes), timedelta(minutes=GRID_MINUTES)
    for span in free:
        start = _on_grid(span.start)
        while start + length <= span.end:
            yield Span(start, start + length)
            start += -(-length // grid) * grid


def _on_grid(moment: datetime) -> datetime:
    """Zones are offset by quarters of an hour: the grid is the same in UTC."""
    late = timedelta(minutes=moment.minute % GRID_MINUTES, seconds=moment.second, microseconds=moment.microsecond)
    return moment if not late else moment - late + timedelta(minutes=GRID_MINUTES)
