"""What is said of a visit: a row with all that its readings, its payments and the store's plan make of it. Pure."""

from typing import NamedTuple

from sensors.reading import SECOND, Payment
from storage.model import Stay, Visit
from stream.course import Course
from stream.journey import Plan, Span
from stream.naming import visit_id
from stream.track import Said


class Told(NamedTuple):
    """A visit as it is known: where, whose, what the device's readings tell, what was paid, and whether that can still change."""

    store_id: str
    device_id: str
    span: Span
    payments: tuple[Payment, ...]
    is_final: bool


def said_of(told: Told, plan: Plan, last: Said | None) -> Said:
    """Say what there is to say of a visit.

    Args:
        told: the visit.
        plan: its store's rules and layout.
        last: what was said of it last; it keeps its id, and is not judged from the beginning again.
    """
    span, payments = told.span, told.payments
    ended_by = "timeout" if told.is_final and span.ended_by is None else span.ended_by
    is_staff = told.device_id in plan.staff
    pass_by = _is_outside(span.stays, plan)
    course = None if is_staff or pass_by else _course(span, payments, plan, last)
    judged = course.go_on(span, payments, is_over=ended_by is not None) if course else None
    visit = Visit(
        visit_id=last.visit.visit_id if last else visit_id(told.store_id, told.device_id, span.entered_at, span.twin),
        store_id=told.store_id,
        device_id=last.visit.device_id if last else told.device_id,  # equal, and the same object
        entered_at=span.entered_at,
        left_at=span.left_at,
        ended_by=ended_by,
        n_readings=span.n_readings,
        stays=span.stays,
        shelf_visits=span.shelf_visits,
        payments=payments,
        bounced=ended_by is not None and span.left_at - span.entered_at < plan.rules.bounce_s * SECOND and not payments,
        pass_by=pass_by,
        is_staff=is_staff,
        is_final=told.is_final,
        priority=judged.priority if judged else None,
        priority_scores=judged.scores if judged else None,
    )
    return Said(span, visit, course, span.twin)


def _is_outside(stays: tuple[Stay, ...], plan: Plan) -> bool:
    """Whether there are stays, and all are in zones of type outside."""
    for stay in stays:
        if plan.zone_types.get(stay.zone_id) != "outside":
            return False
    return bool(stays)


def _course(span: Span, payments: tuple[Payment, ...], plan: Plan, last: Said | None) -> Course:
    if last and last.course and last.course.fits(span, payments):
        return last.course
    return Course(plan.catalog, plan.judge)
