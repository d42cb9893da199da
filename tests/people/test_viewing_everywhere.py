"""While the site is seen as somebody: every address that this one may open writes nothing and says whose it is."""

import re

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils.translation import gettext

from lms.people import middleware
from lms.people.models import Viewing
from tests.architecture.rights import RULES
from tests.architecture.test_rights_matrix import _address, _ask
from tests.conftest import NOON
from tests.factories.world import make_world

# What is kept of the real person's own session, and of no other.
OWN = {"django_session", "accounts_signin", "people_viewing"}
TABLE = re.compile(r'(?:INSERT INTO|UPDATE|DELETE FROM|REPLACE INTO)\s+"(\w+)"', re.IGNORECASE)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "role", ["officer", "view", "remind", "import", "approve", "mark", "assign", "trainer", "manager_p2", "centre"]
)
def test_no_address_writes_and_every_page_says_whose_it_is(role, units, settings):
    with time_machine.travel(NOON, tick=False):
        world = make_world(units)
        seen, root = world.people[role], world.people["superuser"]
        settings.LMS_DEMO = True
        type(root).objects.filter(pk=root.pk).update(is_demo=True)
        client = Client()
        client.force_login(root)
        begun = client.post(reverse("people:view_as", args=[seen.pk]), {"reason": "Hỏi qua điện thoại"})
        assert begun.status_code == 302
        wrote: set[str] = set()

        def watch(execute, sql, params, many, context):
            wrote.update(TABLE.findall(sql))
            return execute(sql, params, many, context)

        faults = []
        mark = gettext("Opening this page would leave a mark in the name of the person: it stays closed.")
        with connection.execute_wrapper(watch):
            for name, rule in sorted(RULES.items()):
                if role not in rule.roles or name == "people:view_as_end":
                    continue
                address = _address(name, rule, world)
                posted = _ask(client, "post", address, **rule.headers)
                if posted.status_code not in (403, 404, 405):
                    faults.append(f"POST {name}: {posted.status_code}")
                if rule.is_action:
                    continue
                answer = _ask(client, "get", address, **rule.headers)
                is_page = answer.headers.get("Content-Type", "").startswith("text/html") and not answer.streaming
                text = answer.content.decode() if is_page else ""
                if answer.status_code >= 500 or mark in text:
                    faults.append(f"GET {name}: {answer.status_code}, leaves a mark: {mark in text}")
                if "<html" in text and 'class="viewing"' not in text:
                    faults.append(f"GET {name}: no banner")
                attachment = answer.headers.get("Content-Disposition", "")
                if "attachment" in attachment and answer.status_code == 200:
                    faults.append(f"GET {name}: handed out a file")
        assert faults == []
        assert {table for table in wrote if "cache" not in table} <= OWN
        assert middleware.SESSION_KEY in client.session
        assert Viewing.objects.get().ended_at is None
