"""Every address, export and service of the site × every role × own and foreign things.

A route without a rule fails here before anybody can forget whom it is for (tests.architecture.rights).
"""

import html
import io
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.urls.exceptions import NoReverseMatch

from tests.architecture.rights import OPEN, RULES, Rule
from tests.conftest import NOON, Units
from tests.factories.world import DIGITS, NAME, PHONE, ROLES, World, make_world

# --- What there is ------------------------------------------------------------------------------------


def _routes(resolver: Any = None, prefix: str = "", space: str = "") -> Iterator[tuple[str, str]]:
    """(name or, without one, the pattern; the pattern) of every route."""
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _routes(entry, route, f"{space}{entry.namespace}:" if entry.namespace else space)
        elif isinstance(entry, URLPattern):
            yield (space + entry.name if entry.name else route, route)


def _is_cms(route: str) -> bool:
    return route.lstrip("^").startswith("cms/")


SITE = {name: route for name, route in _routes() if not _is_cms(route)}
CMS = {name: route for name, route in _routes() if _is_cms(route)}


def test_every_route_has_declared_its_rule() -> None:
    """allauth's own pages about oneself are declared by their prefix (OPEN)."""
    undeclared = sorted(name for name in SITE if name not in RULES and not name.startswith(OPEN))
    assert undeclared == []


def test_no_rule_speaks_of_a_route_that_is_gone() -> None:
    assert sorted(set(RULES) - set(SITE)) == []


# --- Going over all of it -----------------------------------------------------------------------------


@pytest.fixture
def world(units: Units) -> Iterator[World]:
    with time_machine.travel(NOON, tick=False):
        yield make_world(units)


def _address(name: str, rule: Rule, world: World) -> str:
    if "_path" in rule.ids:
        return str(world.ids[f"{rule.ids['_path']}_path"])
    if name == "wagtail_serve":
        return "/"
    known = {key: world.ids.get(value, value) if isinstance(value, str) else value for key, value in rule.ids.items()}
    return reverse(name, kwargs=known) + rule.query(world)


def _ask(
    client: Client, method: str, address: str, posted: dict[str, Any] | None = None, **headers: str
) -> HttpResponse:
    """The answer; whatever it wrote is taken back."""
    with transaction.atomic():
        data = (posted or {}) if method == "post" else {}
        answer: HttpResponse = getattr(client, method)(address, data, headers=headers)
        if answer.streaming:
            answer.read_out = b"".join(answer.streaming_content)
        transaction.set_rollback(True)
    return answer


def _content(answer: HttpResponse) -> bytes:
    return answer.read_out if answer.streaming else answer.content


def _is_sign_in(answer: HttpResponse) -> bool:
    if "HX-Redirect" in answer.headers:  # a part of a page sends its page away, to where one signs in
        return True
    return answer.headers.get("Location", "").startswith("/accounts/login/")


def _words(answer: HttpResponse) -> str:
    """What a person reads in it, out of zipped office files too."""
    content = _content(answer)
    if content[:2] != b"PK":
        return content.decode("utf-8", "replace")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        words = "\n".join(archive.read(each).decode("utf-8", "replace") for each in archive.namelist())
    return html.unescape(words)


def _canaries(answer: HttpResponse) -> list[str]:
    words = _words(answer)
    return [canary for canary in (NAME, NAME.upper(), PHONE, DIGITS) if canary in words]


# Who has no business with the first province: nothing that is answered may name its officer.
STRANGERS = ("anonymous", "colleague", "manager_p2", "trainer")
# Whoever holds the paper may check it; that is what it is for.
NAMES_ITS_HOLDER = {"certificates:verified"}


def _faults(role: str, client: Client, world: World) -> Iterator[str]:
    for name, rule in sorted(RULES.items()):
        address = _address(name, rule, world)
        methods = ("post",) if rule.is_action else ("get",)
        if role not in rule.roles:
            methods = ("get", "post")
        for method in methods:
            posted = {key: world.ids[value] for key, value in rule.posted.items()}
            answer = _ask(client, method, address, posted, **rule.headers)
            yield from _judge(role, name, rule, method, answer)


def _judge(role: str, name: str, rule: Rule, method: str, answer: HttpResponse) -> Iterator[str]:
    said = f"{name} {method}: {answer.status_code}"
    if role in rule.roles:
        missed = (403, 405) if rule.is_made_up else (403, 404, 405)
        if answer.status_code in missed or answer.status_code >= 500 or _is_sign_in(answer):
            yield f"{said}, but {role} may"
    elif role == "anonymous":
        if not _is_sign_in(answer) and answer.status_code not in (401, 405, *rule.refusal):
            yield f"{said}, but nobody has signed in"
    elif answer.status_code not in (405, *rule.refusal):
        yield f"{said}, but {role} may not"
    if role in STRANGERS and name not in NAMES_ITS_HOLDER and (found := _canaries(answer)):
        yield f"{said} tells {role} {found}"


@pytest.mark.parametrize("role", ROLES)
def test_each_role_finds_what_its_rule_says_and_nothing_else(role: str, world: World) -> None:
    client = Client(raise_request_exception=False)
    person = world.people[role]
    if person:
        client.force_login(person)
    faults = list(_faults(role, client, world))
    assert not faults, "\n".join(faults)


def test_the_officer_whom_strangers_must_not_find_is_found_by_those_above(world: World) -> None:
    """Else the canary of the test above would prove nothing."""
    client = Client()
    viewer = world.people["view"]
    assert viewer
    client.force_login(viewer)
    found = {
        name: _canaries(_ask(client, "get", _address(name, RULES[name], world)))
        for name in ("reports:people", "reports:person", "reports:people-csv", "reports:people-xlsx")
    }
    assert {name: NAME in canaries for name, canaries in found.items()} == dict.fromkeys(found, True)


# --- The CMS ------------------------------------------------------------------------------------------

# Doors that lead to the one sign-in page, and what a page needs before anybody has signed in.
CMS_OPEN = {
    "wagtailadmin_login",
    "wagtailadmin_password_reset",
    "wagtailadmin_javascript_catalog",
    "wagtailadmin_sprite",
}


def _cms_address(name: str) -> str | None:
    """With made-up things: the CMS asks who is there before it looks for any."""
    route = CMS[name].removeprefix("^")
    if "(" not in route and "<" not in route:
        return "/" + route.replace("^.*/$", "khong-co/")
    for arguments in _made_up(route):
        try:
            return reverse(name, **arguments)
        except NoReverseMatch:
            continue
    return None


_UUID = "00000000-0000-4000-8000-000000000000"


def _made_up(route: str) -> Iterator[dict[str, Any]]:
    parts = [part.split(">")[0] for part in route.replace("(?P<", "<").split("<")[1:]]
    for value in ("1", "khoa", _UUID, "wagtailcore", "a/b"):
        known = {"uuid": _UUID, "int": 1}
        guess = {part.rpartition(":")[2]: known.get(part.rpartition(":")[0], value) for part in parts}
        yield {"kwargs": guess}
    yield {"args": ["1"] * route.count("(")}


@pytest.mark.parametrize("role", ["anonymous", "officer", "centre"])
def test_nobody_without_the_right_to_it_opens_anything_of_the_cms(role: str, world: World) -> None:
    client = Client(raise_request_exception=False)
    person = world.people[role]
    if person:
        client.force_login(person)
    faults = []
    for name in sorted(CMS):
        if name in CMS_OPEN or name in RULES:
            continue
        address = _cms_address(name)
        if address is None:
            faults.append(f"{name}: no address could be made of {CMS[name]}")
            continue
        for method in ("get", "post"):
            answer = _ask(client, method, address)
            if answer.status_code not in (302, 403, 404, 405) or (
                answer.status_code == 302 and not answer.headers["Location"].startswith(("/accounts/", "/cms/login/"))
            ):
                faults.append(f"{name} {method} {address}: {answer.status_code}")
    assert not faults, "\n".join(faults)


def test_the_cms_tells_a_trainer_nothing_about_learners(world: World) -> None:
    client = Client(raise_request_exception=False)
    trainer = world.people["trainer"]
    assert trainer
    client.force_login(trainer)
    found = {}
    for name in sorted(CMS):
        address = _cms_address(name)
        if address and (canaries := _canaries(_ask(client, "get", address))):
            found[name] = canaries
    assert not found, "\n".join(map(str, found.items()))
