"""Reads for one person who has two accounts: whose account one has become, who may be the same, what uniting means."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Value
from django.db.models.functions import Coalesce, ExtractYear, Lower, Right, StrIndex, Substr
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from certificates.models import Certificate
from courses.models import Completion, Enrolment, ProgressEvent
from lms.accounts import phones
from lms.accounts.models import User
from lms.accounts.queries import has_second_factor
from lms.accounts.rules import counts_as_staff
from lms.core import clock
from lms.people.enums import ApprovalState, RequestKind, RequestState
from lms.people.models import AccountAlias, Approval, DataRequest, TwoPeople
from lms.people.people_queries import HeldHere, Post, posts_of, rights_of
from lms.units.models import Appointment, Grant, Succession, Unit
from lms.units.scope import people_in_scope, scope_q
from quizzes.models import Attempt

ACTION = "people.merge_accounts"
UNDO_ACTION = "people.merge_undo"
UNDO_FOR = dt.timedelta(days=30)
# A chain is as long as somebody has been united; longer than this is a mistake of the data, not a person.
LONGEST_CHAIN = 20


def survivors(ids: Iterable[int]) -> dict[int, int]:
    """Old account → the account at the end of its chain. Those that were never united are not in it.

    One query for each step of the longest chain, two as a rule.
    """
    ends = {pk: pk for pk in ids}
    frontier = set(ends)
    for _step in range(LONGEST_CHAIN):
        found = dict(AccountAlias.objects.standing().filter(old__in=frontier).values_list("old_id", "survivor_id"))
        if not found:
            break
        ends = {pk: found.get(end, end) for pk, end in ends.items()}
        frontier = set(found.values())
    return {pk: end for pk, end in ends.items() if end != pk}


def survivor_of(person: User) -> User:
    """The account that goes on; ``person`` where nothing was united. One query, two more for a united one."""
    end = survivors([person.pk]).get(person.pk)
    return User.objects.get(pk=end) if end else person


# --- Who may, and what stands in the way ------------------------------------------------------------------------------


def place(person: User) -> dict[str, Any]:
    """Unit and path under whose managers' eyes an entry about ``person`` comes; empty where nobody answers. A query."""
    post = _latest_posts([person.pk]).first()
    return {"unit": post.unit_id, "path": post.unit.path} if post else {}


def _latest_posts(ids: list[int]) -> QuerySet[Appointment]:
    return (
        Appointment.objects.filter(person__in=ids)
        .select_related("unit")
        .order_by(F("ends_on").desc(nulls_first=True), "-is_primary", "-starts_on", "-pk")
    )


def people_in_hand(viewer: User) -> QuerySet[User]:
    """Open accounts of people whom ``viewer`` may bring in: serving today in such a unit, or there before."""
    return _ever_in_hand(viewer).filter(is_active=True)


def _ever_in_hand(viewer: User) -> QuerySet[User]:
    """Of ``people_in_hand``, whether their accounts are open or not."""
    everybody = User.objects.all()
    if viewer.is_superuser:
        return everybody
    now = people_in_scope(viewer, Grant.Right.IMPORT)
    serving = Appointment.objects.on(clock.today()).values("person")
    once = Appointment.objects.filter(scope_q(viewer, right=Grant.Right.IMPORT)).values("person")
    return everybody.filter(now | (Q(pk__in=once) & ~Q(pk__in=serving)))


def may_unite(viewer: User, one: User, other: User) -> bool:
    """Whoever may bring in people over both people's units. Staff only by a superuser: obstacle() says so."""
    return people_in_hand(viewer).filter(pk__in=[one.pk, other.pk]).count() == len({one.pk, other.pk})


def obstacle(old: User, survivor: User, *, by: User) -> str:
    """An English msgid that says why the two cannot be united now, "" when they can."""
    if old.pk == survivor.pk:
        return gettext_noop("these are not two accounts")
    united = set(AccountAlias.objects.standing().filter(old__in=[old.pk, survivor.pk]).values_list("old_id", flat=True))
    if old.pk in united:
        return gettext_noop("the old account has been united with another one already")
    if survivor.pk in united:
        return gettext_noop("the account that is to go on has itself been united with another one: open that one")
    if _erased([old.pk, survivor.pk]):
        return gettext_noop("one of the two accounts was erased")
    if not survivor.is_active:
        return gettext_noop("the account that is to go on is closed")
    if not by.is_superuser and any(counts_as_staff(person) for person in (old, survivor)):
        return gettext_noop("one of the two holds rights over others: only an administrator unites such accounts")
    return ""


def _erased(ids: list[int]) -> bool:
    done = DataRequest.objects.filter(kind=RequestKind.ERASURE, state=RequestState.DONE, person__in=ids)
    return done.exists()


def common_unit(one: User, other: User) -> Unit:
    """The lowest unit above all where either of the two serves: who may approve there confirms. The root for nobody."""
    today = clock.today()
    posts = list(_latest_posts([one.pk, other.pk]))
    current = [post for post in posts if post.ends_on is None or post.ends_on > today] or posts[:1]
    paths = [post.unit.path for post in current]
    for person in (one, other):
        if not any(post.person_id == person.pk for post in current):
            paths += [post.unit.path for post in posts if post.person_id == person.pk][:1]
    root = Unit.get_root_nodes().order_by("path")[0]
    if not paths:
        return root
    step, length = Unit.steplen, 0
    shortest = min(len(path) for path in paths)
    while length < shortest and all(path[: length + step] == paths[0][: length + step] for path in paths):
        length += step
    return Unit.objects.filter(path=paths[0][:length]).first() or root


def lacks(person: User, field: str) -> bool:
    """Whether nothing is known of one of the fields that can be chosen."""
    if field == "born":
        return not (person.born_on or person.birth_year)
    return not getattr(person, field)


# --- Candidates -------------------------------------------------------------------------------------------------------

# More than so many of one kind are not looked at: they come once the first ones are dealt with.
GROUPS = 300
# A name that so many share says nothing.
ALIKE_AT_MOST = 12
PHONE, BIRTH, YEAR, UNIT, SUCCESSOR, EMAIL = "phone", "birth", "year", "unit", "successor", "email"
_POINTS = {PHONE: 50, BIRTH: 60, YEAR: 35, UNIT: 40, SUCCESSOR: 40, EMAIL: 40}


@dataclass(frozen=True)
class Candidate:
    """A pair that may be one person. ``points``: up to 100, for the order only; ``against``: what speaks against it."""

    first: User
    second: User
    points: int
    reasons: tuple[str, ...]
    against: tuple[str, ...]
    first_post: Post | None
    second_post: Post | None


def candidates(viewer: User, *, of: User | None = None) -> list[Candidate]:
    """Pairs among the people of ``viewer`` that may be one person, the likeliest first; only those with ``of`` in them,
    where somebody is given. Nine queries or so, however many accounts: every kind of likeness is grouped by the
    database, nobody compares all with all.
    """
    mine = people_in_hand(viewer)
    found: dict[tuple[int, int], set[str]] = {}
    for kind, groups in _likenesses(viewer, mine, of):
        for group in groups:
            for one, other in combinations(sorted(set(group)), 2):
                if of is None or of.pk in (one, other):
                    found.setdefault((one, other), set()).add(kind)
    if not found:
        return []
    ids = {pk for pair in found for pk in pair}
    apart = set(TwoPeople.objects.filter(first__in=ids, second__in=ids).values_list("first_id", "second_id"))
    people = mine.in_bulk(list(ids))
    pairs = []
    for (one, other), kinds in found.items():
        if (one, other) in apart or one not in people or other not in people:
            continue
        against = _against(people[one], people[other])
        if against and kinds <= {YEAR, UNIT, SUCCESSOR}:
            continue
        told = kinds - {YEAR} if BIRTH in kinds else kinds
        points = max(1, min(100, sum(_POINTS[kind] for kind in told) - 30 * len(against)))
        pairs.append((points, one, other, kinds, against))
    pairs.sort(key=lambda pair: (-pair[0], people[pair[1]].name_sort_key, pair[1], pair[2]))
    shown = pairs[:GROUPS]
    posts = posts_of([pk for _points, one, other, _kinds, _against in shown for pk in (one, other)], on=clock.today())
    return [
        Candidate(
            people[one], people[other], points, tuple(_words(kinds)), tuple(against),
            next(iter(posts.get(one, [])), None), next(iter(posts.get(other, [])), None),
        )
        for points, one, other, kinds, against in shown
    ]  # fmt: skip


def _likenesses(viewer: User, mine: QuerySet[User], of: User | None) -> Iterable[tuple[str, list[list[int]]]]:
    born = mine.annotate(year=Coalesce("birth_year", ExtractYear("born_on"))).filter(year__isnull=False)
    yield YEAR, _groups(born, of, "name_folded", "year")
    yield BIRTH, _groups(mine.filter(born_on__isnull=False), of, "name_folded", "born_on")
    # A number that was changed with the prefixes of 2018, or mistyped in front, still ends alike.
    phoned = mine.filter(phone__isnull=False).annotate(stem=Right("phone", 7))
    yield PHONE, _same_given_name(_groups(phoned, of, "stem"), mine)
    mailed = mine.exclude(email="").annotate(mailbox=Lower(Substr("email", 1, StrIndex("email", Value("@")))))
    yield EMAIL, _same_given_name(_groups(mailed, of, "mailbox"), mine)
    yield UNIT, _in_one_unit(viewer, of)
    yield SUCCESSOR, _over_a_succession(viewer, of)


def _groups(people: QuerySet[User], of: User | None, *keys: str) -> list[list[int]]:
    """Accounts that agree in ``keys``, with ``of`` among them where somebody is given. Two queries."""
    rows = people.order_by()
    if of:
        # The values first: as a subquery SQLite would work it out for every account again.
        own = people.filter(pk=of.pk).values(*keys).first()
        if own is None:
            return []
        rows = rows.filter(**own)
    alike = rows.values(*keys).annotate(number=Count("pk")).filter(number__gt=1, number__lte=ALIKE_AT_MOST)
    wanted = [tuple(row[key] for key in keys) for row in alike.order_by(*keys)[:GROUPS]]
    if not wanted:
        return []
    found: dict[tuple[Any, ...], list[int]] = {values: [] for values in wanted}
    for pk, *values in rows.filter(**{f"{keys[0]}__in": {values[0] for values in wanted}}).values_list("pk", *keys):
        if tuple(values) in found:
            found[tuple(values)].append(pk)
    return list(found.values())


def _same_given_name(groups: list[list[int]], mine: QuerySet[User]) -> list[list[int]]:
    """Two people in a hundred thousand share the end of a number by chance; with the given name they hardly do."""
    ids = [pk for group in groups for pk in group]
    names = dict(mine.filter(pk__in=ids).values_list("pk", "name_folded")) if ids else {}
    found = []
    for group in groups:
        by_name: dict[str, list[int]] = {}
        for pk in group:
            by_name.setdefault(names.get(pk, "").rpartition(" ")[2], []).append(pk)
        found += [alike for alike in by_name.values() if len(alike) > 1]
    return found


def _mine(viewer: User, path: str = "unit__path") -> Q:
    return Q() if viewer.is_superuser else scope_q(viewer, path=path, right=Grant.Right.IMPORT)


def _in_one_unit(viewer: User, of: User | None) -> list[list[int]]:
    posts = Appointment.objects.filter(_mine(viewer), person__is_active=True)
    if of:
        posts = posts.filter(person__name_folded=of.name_folded, unit__in=of.appointments.values("unit"))
    alike = (
        posts.order_by()
        .values("unit", "person__name_folded")
        .annotate(number=Count("person", distinct=True))
        .filter(number__gt=1, number__lte=ALIKE_AT_MOST)
    )
    wanted = [(row["unit"], row["person__name_folded"]) for row in alike.order_by("unit")[:GROUPS]]
    if not wanted:
        return []
    found: dict[tuple[int, str], list[int]] = {key: [] for key in wanted}
    for person, unit, name in posts.filter(unit__in={unit for unit, _name in wanted}).values_list(
        "person_id", "unit_id", "person__name_folded"
    ):
        if (unit, name) in found:
            found[unit, name].append(person)
    return list(found.values())


def _over_a_succession(viewer: User, of: User | None) -> list[list[int]]:
    """The same name in a unit and in what it went into. Three queries.

    Brought together here: joined by the database, each of a hundred thousand people is compared with all namesakes.
    """
    mine = Succession.objects.filter(_mine(viewer, "new__path"))
    if of:
        own = of.appointments.values("unit")
        mine = mine.filter(Q(old__in=own) | Q(new__in=own))
    successions = list(mine.order_by("new", "old").values_list("old_id", "new_id"))
    if not successions:
        return []
    new, old = _by_name(mine.values("new")), _by_name(mine.values("old"))
    found: list[list[int]] = []
    for old_unit, new_unit in successions:
        before, after = old.get(old_unit, {}), new.get(new_unit, {})
        for name in sorted(before.keys() & after.keys()):
            people = before[name] | after[name]
            if 1 < len(people) <= ALIKE_AT_MOST:
                # Who serves in both is one account; two of the same unit are another kind of likeness.
                found += [
                    [one, other] for one in before[name] for other in after[name]
                    if one != other and not {one, other} <= before[name] and not {one, other} <= after[name]
                ]  # fmt: skip
        if len(found) >= GROUPS:
            break
    return found[:GROUPS]


def _by_name(units: QuerySet[Any]) -> dict[int, dict[str, set[int]]]:
    """Unit → folded name → whoever holds or held a post there."""
    rows = Appointment.objects.filter(unit__in=units, person__is_active=True).order_by()
    found: dict[int, dict[str, set[int]]] = {}
    for unit, name, person in rows.values_list("unit_id", "person__name_folded", "person_id"):
        found.setdefault(unit, {}).setdefault(name, set()).add(person)
    return found


def _against(one: User, other: User) -> list[str]:
    if one.born_on and other.born_on and one.born_on != other.born_on:
        return [_("different dates of birth")]
    years = [person.birth_year or (person.born_on.year if person.born_on else None) for person in (one, other)]
    if None not in years and years[0] != years[1]:
        return [_("different years of birth")]
    return []


def _words(kinds: set[str]) -> list[str]:
    words = {
        BIRTH: _("same name, same date of birth"),
        YEAR: _("same name, same year of birth"),
        PHONE: _("same given name, phone numbers that end alike"),
        EMAIL: _("same given name, e-mails that begin alike"),
        UNIT: _("same name in the same unit"),
        SUCCESSOR: _("same name in a unit and in what it went into"),
    }
    told = kinds - {YEAR} if BIRTH in kinds else kinds
    return [words[kind] for kind in words if kind in told]


# --- The two side by side ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CourseLine:
    """One enrolment. ``results``: [quiz, attempts, best share or None]."""

    course: str
    cycle: int
    enrolled_on: dt.date
    done: int
    completed_on: dt.date | None
    attempts: int
    is_united: bool


@dataclass(frozen=True)
class Side:
    person: User
    phone: str
    born: str
    posts: tuple[Post, ...]
    rights: tuple[HeldHere, ...]
    courses: tuple[CourseLine, ...]
    certificates: tuple[str, ...]
    has_second_factor: bool

    @property
    def evidence(self) -> int:
        return sum(1 + course.done + course.attempts for course in self.courses) + 5 * len(self.certificates)


def sides(people: list[User]) -> list[Side]:
    """What each of the accounts holds. The same number of queries however much that is."""
    ids = [person.pk for person in people]
    posts = posts_of(ids, on=clock.today())
    enrolments = list(
        Enrolment.objects.filter(user__in=ids)
        .select_related("course", "completion")
        .annotate(
            done=Count("activity_states", filter=Q(activity_states__state="done"), distinct=True),
            taken=Count("attempts", filter=Q(attempts__is_preview=False), distinct=True),
        )
        .order_by("course__title", "cycle", "pk")
    )
    certificates: dict[int, list[str]] = {}
    for person, number in (
        Certificate.objects.filter(completion__user__in=ids)
        .order_by("issued_at")
        .values_list("completion__user_id", "payload__number")
    ):
        certificates.setdefault(person, []).append(str(number or ""))
    return [
        Side(
            person,
            phones.display(person.phone) if person.phone else "",
            born_words(person),
            tuple(posts.get(person.pk, [])),
            tuple(rights_of(person)),
            tuple(_course_line(row) for row in enrolments if row.user_id == person.pk),
            tuple(certificates.get(person.pk, [])),
            has_second_factor(person),
        )
        for person in people
    ]


def born_words(person: User) -> str:
    if person.born_on:
        return f"{person.born_on:%d/%m/%Y}"
    return str(person.birth_year or "")


def _course_line(row: Any) -> CourseLine:
    completion = getattr(row, "completion", None)
    return CourseLine(
        row.course.title,
        row.cycle,
        clock.day_of(row.enrolled_at),
        row.done,
        clock.day_of(completion.completed_at) if completion else None,
        row.taken,
        row.united_with_id is not None,
    )


def likely_survivor(one: Side, other: Side) -> Side:
    """Whoever has signed in, lately; else whoever has more to show; else the earlier account."""
    never = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    return max((one, other), key=lambda side: (
        bool(side.person.last_login), side.evidence, side.person.last_login or never, -side.person.pk
    ))  # fmt: skip


def warnings(one: Side, other: Side, *, at: dt.datetime) -> list[str]:
    """What should make whoever asks think twice, and what will be different afterwards, in words."""
    told = _against(one.person, other.person)
    told = [_("They have %(what)s: are they really one person?") % {"what": what} for what in told]
    week = at - dt.timedelta(days=7)
    if all(side.person.last_login and side.person.last_login > week for side in (one, other)):
        told.append(_("Both accounts have signed in within a week: ask the person which one to keep."))
    if one.has_second_factor or other.has_second_factor:
        told.append(_("A second factor does not move: the account that goes on keeps its own."))
    both = {(course.course, course.cycle) for course in one.courses if not course.is_united} & {
        (course.course, course.cycle) for course in other.courses if not course.is_united
    }
    for course, _cycle in sorted(both):
        told.append(
            _("“%(course)s” was taken under both: what was done under either counts once, attempts add up.")
            % {"course": course}
        )
    if both and one.certificates and other.certificates:
        told.append(_("Certificates of both stay valid, under their own numbers."))
    return told


def described(old: User, survivor: User) -> list[str]:
    """Sentences for the second person: what would happen."""
    found = {side.person.pk: side for side in sides([old, survivor])}
    side = found[old.pk]
    told = [
        _("The account %(old)s of %(name)s is closed; its names lead to the account %(survivor)s of %(other)s.")
        % {"old": old.username, "name": old.full_name, "survivor": survivor.username, "other": survivor.full_name},
        _("Appointments: %(posts)s. Courses: %(courses)s. Quiz attempts: %(attempts)s. Certificates: %(certificates)s.")
        % {
            "posts": len(side.posts),
            "courses": len(side.courses),
            "attempts": sum(course.attempts for course in side.courses),
            "certificates": len(side.certificates),
        },
        _("Everything goes to the account that stays. For 30 days it can be taken back."),
    ]
    return told + warnings(side, found[survivor.pk], at=clock.now())


# --- Taking back ------------------------------------------------------------------------------------------------------


def mergers(viewer: User) -> QuerySet[AccountAlias]:
    """Accounts that were united, of people in the hands of ``viewer``, the latest first; those too whose account has
    been closed, erased or united again since.
    """
    rows = AccountAlias.objects.select_related("old", "survivor", "merged_by", "undone_by")
    if viewer.is_superuser:
        return rows
    mine = _ever_in_hand(viewer).values("pk")
    shown, chain = Q(survivor__in=mine), "survivor"
    # What was united again has its posts with the last account. Longer chains than these are an administrator's matter.
    for _step in range(3):
        standing = {f"{chain}__aliases_as_old__undone_at__isnull": True}
        chain += "__aliases_as_old__survivor"
        shown |= Q(**standing, **{f"{chain}__in": mine})
    return rows.filter(pk__in=AccountAlias.objects.filter(shown).order_by().values("pk"))


def last_day(alias: AccountAlias) -> dt.date:
    """On which the two can still be parted, all day long."""
    return clock.day_of(alias.merged_at) + UNDO_FOR


def undo_obstacle(alias: AccountAlias, *, at: dt.datetime, by: User) -> str:
    """An English msgid, "" when the two can be parted."""
    if clock.day_of(at) > last_day(alias):
        return gettext_noop("more than 30 days have passed: it cannot be taken back any more")
    pair = [alias.old_id, alias.survivor_id]
    later = AccountAlias.objects.standing().filter(Q(old__in=pair) | Q(survivor__in=pair))
    if later.filter(Q(merged_at__gt=alias.merged_at) | Q(merged_at=alias.merged_at, pk__gt=alias.pk)).exists():
        return gettext_noop("one of the two was united again since: take that back first")
    if _erased(pair):
        return gettext_noop("one of the two accounts was erased")
    if not by.is_superuser and counts_as_staff(alias.survivor):
        return gettext_noop("the account holds rights over others: only an administrator parts it again")
    return ""


def waiting_undo(alias: AccountAlias) -> Approval | None:
    """What waits for a second person about parting the two again."""
    return Approval.objects.filter(
        action=UNDO_ACTION, state=ApprovalState.WAITING, payload__alias=alias.pk
    ).first()  # fmt: skip


def undo_preview(alias: AccountAlias) -> list[str]:
    """What has happened since, and where it goes; nothing when there is nothing to say. A handful of queries."""
    returning = [int(pk) for label, pk, was, _now in alias.changes.get("rows", []) if label == "courses.Enrolment" and (
        was.get("user_id") == alias.old_id
    )]  # fmt: skip
    since = {"recorded_at__gt": alias.merged_at}
    back = ProgressEvent.objects.filter(enrolment__in=returning, **since).count()
    stays = (
        ProgressEvent.objects.filter(enrolment__user=alias.survivor_id, **since)
        .exclude(enrolment__in=returning)
        .count()
    )
    attempts = Attempt.objects.filter(enrolment__user=alias.survivor_id, started_at__gt=alias.merged_at)
    told = []
    if stays:
        told.append(
            ngettext(
                "%(count)s result since then stays with %(name)s.",
                "%(count)s results since then stay with %(name)s.",
                stays,
            )
            % {"count": stays, "name": alias.survivor.full_name}
        )
    if back:
        told.append(
            ngettext(
                "%(count)s result since then belongs to a course of the old account and goes back with it.",
                "%(count)s results since then belong to courses of the old account and go back with it.",
                back,
            )
            % {"count": back}
        )
    if attempts.exists():
        told.append(_("Quiz attempts since then stay in the course in which they were made."))
    made = Completion.objects.filter(pk__in=alias.changes.get("completed", [])).select_related("course")
    for completion in made:
        told.append(
            _("“%(course)s” was completed by both together: it no longer is, and its certificate is revoked.")
            % {"course": completion.course.title}
        )
    return told
