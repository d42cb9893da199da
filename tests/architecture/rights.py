"""Who may open which address, one line for each: the only place where a new address declares its rule.

A rule names the roles (tests.factories.world) that are answered; everybody else is told that there is nothing (404),
and who has not signed in is asked to. The things in the addresses belong to the first province and to ``officer``.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.factories.world import ROLES, World

PUBLIC = frozenset(ROLES)
SIGNED_IN = PUBLIC - {"anonymous"}
NOBODY: frozenset[str] = frozenset()
OWN = frozenset({"officer"})
ABOVE = frozenset({"centre", "superuser"})
# They serve in the first province themselves, each with one right over it.
HOLDERS = frozenset({"view", "remind", "import", "approve", "mark", "assign"})
# Holders of any right over some units, for what shows only one's own.
MANAGERS = frozenset({"view", "remind", "import", "approve", "mark", "assign", "manager_p2"}) | ABOVE


def over(*rights: str) -> frozenset[str]:
    """Holders of one of these rights over the first province."""
    return ABOVE | set(rights)


def lists(*rights: str) -> frozenset[str]:
    """Holders of one of these rights over any province: each finds the own units' rows."""
    return over(*rights) | {"manager_p2"}


@dataclass(frozen=True)
class Rule:
    """``ids``: argument of the address → key of ``World.ids`` (or a value). ``query``: what follows "?". ``posted``:
    field of a form → key of ``World.ids``, where that and not the address says what it is about.

    ``is_action``: it is only ever posted to. ``is_made_up``: the world has no such thing, so even those who may find
    none. ``refusal``: the answer to everybody else.
    """

    roles: frozenset[str]
    ids: dict[str, Any] = field(default_factory=dict)
    query: Callable[[World], str] = lambda world: ""
    is_action: bool = False
    is_made_up: bool = False
    posted: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    refusal: tuple[int, ...] = (404,)


def act(roles: frozenset[str], **ids: Any) -> Rule:
    return Rule(roles, ids, is_action=True)


def made_up(roles: frozenset[str], **ids: Any) -> Rule:
    return Rule(roles, ids, is_made_up=True)


def see(roles: frozenset[str], **ids: Any) -> Rule:
    return Rule(roles, ids)


# Pages about one's own account and sign-in that allauth and Wagtail bring along; what they may show is tested there.
OPEN = ("account_", "mfa_", "usersessions_", "wagtaildocs_", "wagtailcore_", "accounts/", "^accounts/", "_util/")

_ATTEMPT = {"attempt_id": "attempt"}
_UNIT = {"unit_id": "unit"}

RULES: dict[str, Rule] = {
    # --- the house ---------------------------------------------------------------------------------
    "alive": see(PUBLIC),
    "ready": see(PUBLIC),
    "wagtail_serve": see(PUBLIC),
    # Who may not read a lesson is told what is missing. Authors read everything.
    "activity-page": Rule(OWN | {"trainer", "superuser"}, {"_path": "lesson"}, refusal=(403,)),
    "media:file": made_up(PUBLIC, path="khong-co.png"),
    # --- one's own account -------------------------------------------------------------------------
    "account_overview": see(SIGNED_IN),
    # --- home, certificates ------------------------------------------------------------------------
    "home:learn": see(SIGNED_IN),
    "home:hide_guide": Rule(SIGNED_IN, {"who": "hoc-vien"}, is_action=True, is_made_up=True),
    "certificates:mine": see(SIGNED_IN),
    "certificates:row": Rule(OWN, {"certificate_id": "certificate"}, headers={"HX-Request": "true"}),
    "certificates:pdf": see(OWN | over("view"), certificate_id="certificate"),
    "certificates:verify": see(PUBLIC),
    "certificates:verified": see(PUBLIC, code="verify"),
    # --- people ------------------------------------------------------------------------------------
    "people:rosters": see(lists("import")),
    "people:new_code": see(lists("import")),
    "people:code_log": see(lists("import")),
    "people:template_xlsx": see(lists("import")),
    "people:template_csv": see(lists("import")),
    "people:headings": Rule(lists("import"), is_action=True, is_made_up=True),
    "people:roster": see(over("import"), pk="roster"),
    "people:confirm": act(over("import"), pk="roster"),
    "people:cancel": act(over("import"), pk="roster"),
    "people:codes": act(over("import"), pk="roster_done"),
    "people:slips": act(over("import"), pk="roster_done"),
    "people:refused_csv": see(over("import"), pk="roster"),
    "people:refused_xlsx": see(over("import"), pk="roster"),
    "people:people": see(lists("view", "import")),
    "people:people_xlsx": see(lists("import")),
    "people:people_csv": see(lists("import")),
    "people:person": see(over("view", "import"), person_id="person"),
    "people:person_close": see(over("import"), person_id="person"),
    "people:person_reopen": see(over("import"), person_id="person"),
    "people:appoint": see(over("import"), person_id="person"),
    "people:appointment_correct": see(over("import"), person_id="person", pk="appointment"),
    "people:appointment_end": see(over("import"), person_id="person", pk="appointment"),
    "people:appointment_primary": act(over("import"), person_id="person", pk="appointment"),
    "people:same": see(lists("import")),
    "people:same_apart": Rule(over("import"), is_action=True, posted={"one": "person", "other": "twin"}),
    "people:united": see(lists("import")),
    "people:merge": see(over("import"), one="person", other="twin"),
    "people:merge_other": see(over("import"), person_id="person"),
    "people:merge_undo": see(over("import"), pk="union"),
    "people:roster_doubts": see(over("import"), pk="roster"),
    "people:roster_kind": act(over("import"), pk="roster"),
    "people:roster_answer": Rule(over("import"), {"pk": "roster"}, is_action=True, is_made_up=True),
    "people:roster_unit": Rule(over("import"), {"pk": "roster"}, is_action=True, is_made_up=True),
    "people:roster_leavers": see(over("import"), pk="roster"),
    "people:roster_leaver": Rule(over("import"), {"pk": "roster"}, is_action=True, is_made_up=True),
    "people:roster_ask": Rule(over("import"), {"pk": "roster"}, is_action=True, is_made_up=True),
    "people:roster_undo": see(over("import"), pk="roster_done"),
    "people:ask_reset": see(over("approve"), person_id="manager"),
    "people:draw_reset": see(over("approve"), pk="reset"),
    "people:person_sessions": see(over("import"), person_id="person"),
    "people:unclaimed": see(lists("import")),
    "people:joining": see(lists("import")),
    "people:joining_decided": see(lists("import")),
    "people:join_approve": act(lists("import")),
    "people:join_request": see(over("import"), pk="join_request"),
    "people:join_link_unit": see(lists("import")),
    "people:join_link_new": see(over("import"), **_UNIT),
    "people:join_link": see(over("import"), pk="join_link"),
    "people:join_qr": see(over("import"), pk="join_link"),
    "people:join_poster": see(over("import"), pk="join_link"),
    "people:join": see(PUBLIC, code="join_code"),
    "people:join_status": made_up(PUBLIC, code="join_code", secret="khong-co"),
    "people:approvals": see(lists("approve", "import")),
    "people:approval": see(over("approve"), pk="approval"),
    "people:rights": see(lists("approve")),
    "people:rights_staff": see(frozenset({"superuser"})),
    "people:rights_reset": see(frozenset({"superuser"}), person_id="person"),
    "people:rights_unit": see(over("approve"), **_UNIT),
    "people:rights_give": see(over("approve"), **_UNIT),
    "people:rights_account": see(ABOVE, **_UNIT),
    "people:rights_end": see(ABOVE, pk="grant"),
    "people:trace": see(lists("approve")),
    "people:trace_csv": see(lists("approve")),
    "people:who": Rule(over("approve"), query=lambda world: f"?unit={world.ids['unit']}"),
    # Everybody may ask who sees oneself; about others only who approves where they serve.
    "people:why": Rule(over("approve") | OWN, query=lambda world: f"?about={world.ids['person']}"),
    "people:view_as": see(over("approve"), person_id="person"),
    "people:view_as_end": act(SIGNED_IN),
    "people:changes": see(lists("approve")),
    "people:undecided": see(lists("import")),
    "people:change_new": see(lists("approve")),
    "people:changes_unit": see(over("view", "approve"), **_UNIT),
    **{
        f"people:{name}": see(over("approve"), pk="change")
        for name in ("change", "change_edit", "change_progress", "change_preview", "change_csv", "change_ask")
    },
    "people:change_step": see(over("approve"), pk="change", order=1),
    "people:change_step_new": see(over("approve"), pk="change", kind="merge"),
    "people:change_step_remove": act(over("approve"), pk="change", order=1),
    "people:change_cancel": act(over("approve"), pk="change"),
    "people:change_people": act(over("approve"), pk="change"),
    # Only who asked, and while it waits.
    "people:change_withdraw": Rule(over("approve"), {"pk": "change"}, is_action=True, is_made_up=True),
    # There is nothing to give anew before the tree is another.
    "people:change_rights": Rule(over("approve"), {"pk": "change"}, is_action=True, is_made_up=True),
    # --- personal data -----------------------------------------------------------------------------
    **{f"people:{name}": see(SIGNED_IN) for name in ("privacy", "privacy_correction", "privacy_export_state")},
    # Without a notice in force it leads on.
    "people:notice": see(SIGNED_IN),
    "people:privacy_export": act(SIGNED_IN),
    "people:privacy_ask": act(SIGNED_IN),
    "people:privacy_export_file": see(OWN, pk="data_package"),
    "people:privacy_withdraw": act(OWN, pk="data_request"),
    "people:privacy_requests": see(lists("import")),
    "people:privacy_request": see(over("import"), pk="data_request"),
    "people:privacy_behalf": see(over("import"), person_id="person"),
    **{f"people:privacy_{name}": see(frozenset({"superuser"})) for name in ("register", "notices", "cleaning")},
    # --- tasks -------------------------------------------------------------------------------------
    "plans:short": see(SIGNED_IN, code="task_code"),
    "plans:tasks": see(lists("view", "assign")),
    "plans:new": see(lists("assign")),
    "plans:task": see(over("view", "assign"), pk="task"),
    "plans:edit": see(over("assign"), pk="task"),
    "plans:withdraw": see(over("assign"), pk="task"),
    "plans:qr": see(over("view", "assign"), pk="task"),
    # Whoever serves in the province is concerned.
    "plans:begin": act(OWN | HOLDERS, pk="task"),
    # --- the unit's page ---------------------------------------------------------------------------
    "fanpages:list": see(OWN | lists("view")),
    "fanpages:unit": see(OWN | over("view", "import", "approve"), **_UNIT),
    # Needs "view" beside "approve".
    "fanpages:confirm": act(ABOVE, pk="page_record"),
    # --- reports -----------------------------------------------------------------------------------
    "reports:mine": see(lists("view")),
    "reports:programme": see(SIGNED_IN),
    **{
        f"reports:{name}": see(over("view"), **_UNIT)
        for name in (
            "unit",
            "units-csv",
            "units-xlsx",
            "frame",
            "frame-csv",
            "missing",
            "report-docx",
            "report-pdf",
            "missing-txt",
            "missing-zalo",
            "call-list",
            "call-list-pdf",
            "people",
            "people-csv",
            "people-xlsx",
        )
    },
    "reports:minutes-docx": see(over("mark", "assign"), session_id="session_opened"),
    "reports:minutes-pdf": see(over("mark", "assign"), session_id="session_opened"),
    "reports:person": see(over("view"), person_id="person"),
    "reports:regrade-notice": made_up(ABOVE, regrade_id="regrade"),
    # --- quizzes: the learner ----------------------------------------------------------------------
    # Who has not enrolled is sent to the course.
    "quizzes:start": Rule(OWN, {"activity_id": "quiz_activity"}, is_action=True, refusal=(302,)),
    "quizzes:attempt": see(OWN, attempt_id="going"),
    "quizzes:autosave": act(OWN, attempt_id="going", position=2),
    "quizzes:signed-in": see(OWN, attempt_id="going"),
    "quizzes:lesson": made_up(OWN, attempt_id="going", activity_id="lesson"),
    "quizzes:summary": see(OWN, attempt_id="going"),
    "quizzes:submit": act(OWN, attempt_id="going"),
    "quizzes:result": see(OWN, **_ATTEMPT),
    "quizzes:response-upload": act(OWN, attempt_id="going", position=1),
    "quizzes:response-file": see(OWN | over("mark"), file_id="file"),
    "quizzes:picture": made_up(SIGNED_IN, sha256="0" * 64),
    # --- quizzes: the desk -------------------------------------------------------------------------
    "quizzes:desk": see(lists("mark", "assign")),
    "quizzes:desk-marking": see(lists("mark")),
    "quizzes:desk-mark-question": see(over("mark"), version_id="version"),
    "quizzes:desk-mark": see(over("mark"), version_id="version", question_id="question"),
    "quizzes:desk-drop-comment": act(over("mark"), version_id="version", snippet_id="snippet"),
    "quizzes:desk-attempts": see(lists("mark"), quiz_id="quiz"),
    "quizzes:desk-attempt": see(over("mark"), **_ATTEMPT),
    "quizzes:desk-reopen": act(over("mark"), **_ATTEMPT),
    "quizzes:desk-void": act(over("mark"), **_ATTEMPT),
    "quizzes:desk-void-confirm": act(over("mark"), **_ATTEMPT),
    "quizzes:desk-void-refuse": act(over("mark"), **_ATTEMPT),
    "quizzes:desk-salvage": act(over("mark"), **_ATTEMPT),
    "quizzes:desk-overrides": see(lists("mark", "assign"), quiz_id="quiz"),
    "quizzes:desk-override-withdraw": act(over("mark", "assign"), quiz_id="quiz", override_id="override"),
    "quizzes:desk-sessions": see(lists("mark", "assign")),
    "quizzes:desk-session-new": act(lists("mark", "assign")),
    "quizzes:desk-session": see(over("mark", "assign"), session_id="session"),
    **{
        f"quizzes:desk-session-{name}": act(over("mark", "assign"), session_id="session")
        for name in ("change", "seats", "tickets", "move", "incident")
    },
    "quizzes:regrades": see(ABOVE),
    "quizzes:regrade-ask": see(ABOVE, quiz_id="quiz"),
    "quizzes:near-the-mark": see(ABOVE, quiz_id="quiz"),
    "quizzes:regrade": see(ABOVE, regrade_id="regrade"),
    "quizzes:regrade-carry-out": act(ABOVE, regrade_id="regrade"),
    "quizzes:regrade-drop": act(ABOVE, regrade_id="regrade"),
    # --- courses -----------------------------------------------------------------------------------
    "courses:enrol": act(SIGNED_IN, course_id="course"),
    "courses:done": act(OWN, activity_id="lesson"),
    "courses:self-check": act(OWN, activity_id="lesson", block_id="11111111-1111-4111-8111-111111111111"),
    "courses:simulator": Rule(OWN, {"activity_id": "lesson", "block_id": "x"}, is_action=True, is_made_up=True),
    "courses:hand-in": act(OWN, activity_id="practice"),
    "courses:picture": see(OWN | over("mark"), submission_id="submission"),
    "courses:marking": see(lists("mark")),
    "courses:submission": see(over("mark"), submission_id="submission"),
    "courses:confirm": act(over("mark"), submission_id="submission"),
    "courses:return": act(over("mark"), submission_id="submission"),
    "courses:terms": see(SIGNED_IN),
    "courses:job-aid-pdf": made_up(SIGNED_IN, key="course_key"),
    "courses:job-aid-picture": made_up(SIGNED_IN, key="course_key"),
}
