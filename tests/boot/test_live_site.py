"""The site as it really runs, on the databases and brokers that it is meant for."""

import pytest

from tests.plugins.site import LiveSite, wait_for

pytestmark = [pytest.mark.journey, pytest.mark.services]


def test_the_demonstration_site_answers(live_site: LiveSite) -> None:
    paths = ("/healthz", "/readyz", "/", "/accounts/login/", "/verify/", "/no-such-page/")
    assert {path: live_site.status(path) for path in paths} == dict.fromkeys(paths[:-1], 200) | {"/no-such-page/": 404}


def test_a_task_that_is_sent_reaches_the_worker_and_one_sent_while_it_was_dead_too(own_site: LiveSite) -> None:
    send = "from lms.core.tasks import sweep; print(sweep.delay().id)"
    first = own_site.python(send).splitlines()[-1]
    wait_for(lambda: f"lms.core.sweep[{first}] succeeded" in own_site.log("worker"), what="the first task", seconds=60)

    own_site.kill_worker()
    second = own_site.python(send).splitlines()[-1]
    own_site.start_worker()
    wait_for(
        lambda: f"lms.core.sweep[{second}] succeeded" in own_site.log("worker"), what="the second task", seconds=60
    )
