"""`make install` in a throw-away root: an empty server becomes a site, is upgraded, comes back, and moves.

What a root cannot show (apt, the system user, systemd as process 1) is said in lms/docs/van-hanh.md.
"""

import http.cookiejar
import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.conf import settings

from tests.plugins import postgres, prepared
from tests.plugins.site import free_port, wait_for

pytestmark = [
    pytest.mark.journey,
    pytest.mark.services,
    pytest.mark.skipif("DATABASE_URL" not in os.environ, reason="an installation runs on PostgreSQL and Redis"),
]

PASSWORD = "tỉnh-Thái-Nguyên-2026"
SECRETS = ("LMS_SECRET_KEY", "LMS_DB_PASSWORD", "LMS_REDIS_PASSWORD")
# Starts what the units say, as the units say it, where there is no systemd. Redis outlives a stop, as it does there.
SERVICES = r"""#!/usr/bin/env bash
set -euo pipefail
root="@ROOT@"
run="$root/run"
mkdir -p "$run"
value() { sed -n "s/^$1=//p" "$root/etc/systemd/system/lms-$2.service" | tail -n 1; }
if [ "$1" = start ]; then
  for name in redis web worker; do
    [ "$name" = redis ] && [ -e "$run/redis.pid" ] && continue
    (
      set -a
      . "$(value EnvironmentFile "$name")"
      cd "$(value WorkingDirectory "$name")"
      eval "command=($(value ExecStart "$name"))"
      exec setsid "${command[@]}" >>"$run/$name.log" 2>&1 </dev/null
    ) &
    echo $! >"$run/$name.pid"
  done
else
  for name in web worker; do
    [ -e "$run/$name.pid" ] || continue
    kill "$(cat "$run/$name.pid")" 2>/dev/null || true
    while kill -0 "$(cat "$run/$name.pid")" 2>/dev/null; do sleep 0.1; done
    rm -f "$run/$name.pid"
  done
fi
"""
NGINX = """
{user}
pid {folder}/pid;
error_log {folder}/error.log;
events {{}}
http {{
    include /etc/nginx/mime.types;
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {root}/etc/nginx/sites-enabled/*.conf;
}}
"""
# An officer who has finished the course, with a certificate whose PDF is made at once.
GRADUATE = """
from certificates.models import Certificate
from certificates.tasks import render
from courses.models import Course
from django.db.models import Count
from lms.accounts.models import User
from lms.core import clock
from lms.home.services import demo
from lms.units.models import Appointment, Unit
person = User.objects.create_user(username="canbo", full_name="Nguyễn Văn Ân", password="x")
unit = Unit.objects.filter(level__key="commune", closed_on=None).first()
Appointment.objects.create(person=person, unit=unit, position="Chuyên viên", starts_on="2025-07-01")
demo.begin(person, Course.objects.get(), activities=None, at=clock.now())
one = Certificate.objects.get()
render(str(one.pk))
one.refresh_from_db()
print(one.verify_code, one.sha256)
"""


@dataclass
class Server:
    """One throw-away root: ``url`` is what its visitors type."""

    root: Path
    host: str
    database: str
    ports: dict[str, int] = field(
        default_factory=lambda: {name: free_port() for name in ("HTTP", "HTTPS", "", "REDIS")}
    )

    @property
    def url(self) -> str:
        return f"https://{self.host}:{self.ports['HTTPS']}"

    @property
    def environment(self) -> dict[str, str]:
        parameters = settings.DATABASES["default"]
        user = parameters["USER"] or "lms"
        socket = os.environ.get("PGHOST", "")
        admin = {"user": user, "dbname": "postgres", "host": socket or parameters["HOST"], "port": parameters["PORT"]}
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("LMS_", "PG"))}
        for name in ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE"):
            kept.pop(name, None)
        return {
            **kept,
            "LMS_ROOT": str(self.root),
            "LMS_ANY_SYSTEM": "1",
            "LMS_HOST": self.host,
            "LMS_HTTP_PORT": str(self.ports["HTTP"]),
            "LMS_HTTPS_PORT": str(self.ports["HTTPS"]),
            "LMS_PORT": str(self.ports[""]),
            "LMS_REDIS_PORT": str(self.ports["REDIS"]),
            "LMS_WEB_WORKERS": "1",
            "LMS_DB_NAME": self.database,
            "LMS_PG_ADMIN": " ".join(f"{key}={value}" for key, value in admin.items() if value),
            "LMS_PG_SOCKET": socket,
            "LMS_ADMIN_USERNAME": "quantri",
            "LMS_ADMIN_NAME": "Trần Thị Quản Trị",
            "LMS_ADMIN_PASSWORD": PASSWORD,
            # Packages are installed already; an installation elsewhere makes an environment of its own.
            "LMS_VENV": sys.prefix,
            "LMS_SERVICES": str(self.root / "services"),
        }

    def make(self, script: str, *, source: Path = prepared.ROOT, **extra: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [source / "lms" / "ops" / script],
            cwd=source, env={**self.environment, **extra}, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            check=False, timeout=900,
        )  # fmt: skip
        (self.root / f"{script}.log").write_text(done.stdout + done.stderr)
        return done

    def install(self, **extra: str) -> str:
        done = self.make("install.sh", **extra)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def command(self, *arguments: str) -> str:
        """`lms …`, as an administrator of the server types it."""
        done = subprocess.run(
            [self.root / "usr/local/bin/lms", *arguments],
            env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=600,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def shell(self, code: str) -> str:
        return self.command("shell", "--no-imports", "--command", code).splitlines()[-1]

    def setting(self, name: str) -> str:
        found = re.findall(rf"^{name}=(.*)$", (self.root / "etc/lms/lms.env").read_text(), re.MULTILINE)
        assert len(found) == 1, (name, found)
        return str(found[0]).strip('"')

    def names(self) -> str:
        return self.shell("from lms.accounts.models import User; print(sorted(User.objects.values_list('full_name')))")

    def release(self) -> Path:
        return (self.root / "opt/lms/current").resolve()

    def start_nginx(self) -> None:
        folder = self.root / "nginx"
        folder.mkdir(exist_ok=True)
        main = folder / "nginx.conf"
        user = "user root;" if os.getuid() == 0 else ""
        main.write_text(NGINX.format(folder=folder, root=self.root, user=user))
        for words in (["-t"], []):
            done = subprocess.run(
                [nginx(), "-c", main, *words], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
            )
            assert done.returncode == 0, done.stderr

    def stop(self) -> None:
        for path in [*self.root.glob("run/*.pid"), self.root / "nginx" / "pid"]:
            with suppress(OSError, ValueError):
                pid = int(path.read_text())
                os.kill(pid, signal.SIGTERM)
        time.sleep(1)
        for path in self.root.glob("run/*.pid"):
            with suppress(OSError, ValueError):
                os.killpg(int(path.read_text()), signal.SIGKILL)


class Browser:
    """Cookies, redirects and the server's own certificate, which is checked against its name."""

    def __init__(self, server: Server) -> None:
        context = ssl.create_default_context(cafile=server.setting("LMS_TLS_CERT"))
        self.server = server
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPSHandler(context=context),
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()),
        )

    def open(self, path: str, **form: str) -> tuple[int, str, str, dict[str, str]]:
        """(status, address at the end, body, headers)"""
        address = path if path.startswith("http") else self.server.url + path
        data = urllib.parse.urlencode(form).encode() if form else None
        request = urllib.request.Request(address, data, {"Referer": address})  # noqa: S310  our own address
        try:
            response = self._opener.open(request, timeout=60)
        except urllib.error.HTTPError as error:
            response = error  # type: ignore[assignment]
        with response:
            return response.status, response.url, response.read().decode(), dict(response.headers)

    def sign_in(self, username: str, password: str) -> str:
        """The path on which it ends."""
        page = self.open("/accounts/login/")[2]
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        assert token
        answer = self.open("/accounts/login/", csrfmiddlewaretoken=token[1], login=username, password=password)
        return urllib.parse.urlsplit(answer[1]).path


def nginx() -> str:
    return shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin") or ""


@pytest.fixture
def servers() -> Iterator[tuple[Server, Server]]:
    """Two servers, a name and an address; nothing is installed yet."""
    made = []
    for host in ("localhost", "127.0.0.1"):
        # nginx runs as another user and must find its way.
        root = Path(tempfile.mkdtemp(prefix="lms-root-"))
        root.chmod(0o755)
        made.append(Server(root, host, f"lms_{uuid.uuid4().hex[:10]}"))
        program = root / "services"
        program.write_text(SERVICES.replace("@ROOT@", str(root)))
        program.chmod(0o755)
    yield made[0], made[1]
    for server in made:
        server.stop()
        with postgres._server() as connection:
            rows = connection.execute("SELECT datname FROM pg_database").fetchall()
            for name in [row[0] for row in rows if row[0].startswith(server.database)]:
                connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            connection.execute(f'DROP ROLE IF EXISTS "{server.database}"')
        shutil.rmtree(server.root, ignore_errors=True)


def other_version(folder: Path) -> Path:
    """A checkout without git beside ours, as an unpacked archive would be."""
    done = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ".", ":!tests", ":!.venv"],
        cwd=prepared.ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for name in filter(None, done.stdout.split("\0")):
        if (prepared.ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(prepared.ROOT / name, folder / name)
    return folder


def break_it(source: Path) -> None:
    """The next version: it renames everybody while it migrates, and never becomes ready."""
    (source / "lms/accounts/migrations/9999_rename_everybody.py").write_text(
        "from django.db import migrations\n"
        "class Migration(migrations.Migration):\n"
        f"    dependencies = [('accounts', {last_migration(source)!r})]\n"
        "    operations = [migrations.RunSQL(\"UPDATE accounts_user SET full_name = 'hỏng'\", '')]\n"
    )
    readiness = source / "lms/core/readiness.py"
    readiness.write_text(
        readiness.read_text() + "\n\ndef never() -> None:\n    raise NotReadyError\n\n\nCHECKS += (never,)\n"
    )


def last_migration(source: Path) -> str:
    return sorted(path.stem for path in (source / "lms/accounts/migrations").glob("0*.py"))[-1]


def test_a_server_is_installed_upgraded_brought_back_and_moved(servers: tuple[Server, Server], tmp_path: Path) -> None:
    here, there = servers
    said = here.install()
    # Compressed once for both: the second server takes them from a release that looks the same.
    shutil.copytree(here.release() / "static", there.root / "opt/lms/releases/lent/static")
    shutil.copy(here.release() / "static.stamp", there.root / "opt/lms/releases/lent")
    assert "LMS_EMPTY=1" in there.install(LMS_EMPTY="1")

    # What was made, and whose it is.
    assert f"https://localhost:{here.ports['HTTPS']}/accounts/login/" in said
    assert PASSWORD not in said
    environment = here.root / "etc/lms/lms.env"
    assert oct(environment.stat().st_mode & 0o777) == "0o640"
    assert here.setting("LMS_DEMO") == "0"
    secrets = {name: here.setting(name) for name in SECRETS}
    assert set(secrets.values()).isdisjoint(there.setting(name) for name in SECRETS)
    assert PASSWORD not in environment.read_text()
    found = json.loads(
        here.shell(
            "import json; from courses.models import Course; from lms.accounts.models import User; "
            "from lms.units.models import Unit; "
            "print(json.dumps([list(User.objects.values_list('username', 'is_demo')), Course.objects.count(),"
            " Unit.objects.filter(level__key='commune', closed_on=None).count()]))"
        )
    )
    assert found == [[["quantri", False]], 1, 3321]
    units_are_valid(here)

    # Visitors: https with the right name, http sent there, static files by nginx, and the way in.
    if nginx():
        here.start_nginx()
        browser = Browser(here)
        assert {path: browser.open(path)[0] for path in ("/healthz", "/readyz", "/", "/verify/")} == dict.fromkeys(
            ("/healthz", "/readyz", "/", "/verify/"), 200
        )
        assert browser.open(f"http://localhost:{here.ports['HTTP']}/verify/?a=1")[1] == f"{here.url}/verify/?a=1"
        page, headers = browser.open("/")[2:]
        assert "Strict-Transport-Security" not in headers
        style = re.search(r'href="(/static/[^"]+\.css)"', page)
        assert style
        assert "immutable" in browser.open(style[1])[3]["Cache-Control"]
        assert browser.sign_in("quantri", "sai-mat-khau-1") == "/accounts/login/"
        assert browser.sign_in("hocvien", "demo-mattran") == "/accounts/login/"
        assert browser.sign_in("quantri", PASSWORD) != "/accounts/login/"
        # Staff set up the second factor before anything else.
        assert urllib.parse.urlsplit(browser.open("/cms/")[1]).path == "/accounts/2fa/"

    # Again: nothing that matters changes, and a host name given by mistake is not taken half.
    code, fingerprint = here.shell(GRADUATE).split()
    before = here.names()
    refused = here.make("install.sh", LMS_HOST="tên miền sai")
    assert (refused.returncode, refused.stderr.count("LỖI:")) == (1, 1)
    here.install(LMS_ADMIN_PASSWORD="khác-hẳn-1234")
    assert {name: here.setting(name) for name in SECRETS} == secrets
    assert here.names() == before

    # A new version that never becomes ready: the old one serves again, with the data as before.
    old = here.release()
    source = other_version(tmp_path / "broken")
    break_it(source)
    failed = here.make("upgrade.sh", source=source, LMS_WAIT="12")
    assert (failed.returncode, "Bản cũ đã chạy lại" in failed.stderr) == (1, True), failed.stdout + failed.stderr
    assert here.release() == old
    assert here.names() == before
    wait_for(lambda: status(here, "/readyz") == 200, what="the old release", seconds=60)

    # Moved: the nightly backup, restored on the other server, where the certificate verifies.
    here.command("backup")
    said_there = here.command("backup", "--rehearse", "--keep", "14", "--keep-weeks", "8")
    archive = sorted(Path(here.setting("LMS_BACKUPS")).glob("lms-*.tar"))[-1]
    assert str(archive) in said_there
    there.command("restore", str(archive))
    assert there.names() == before
    wait_for(lambda: status(there, f"/verify/{code}/") == 200, what="the certificate elsewhere", seconds=60)
    hashed = "print(hashlib.sha256(storages['private'].open(Certificate.objects.get().file.name).read()).hexdigest())"
    assert fingerprint == there.shell(
        "import hashlib; from certificates.models import Certificate; "
        f"from django.core.files.storage import storages; {hashed}"
    )


def status(server: Server, path: str) -> int:
    """Asked as nginx would, past it."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{server.ports['']}{path}", headers={"Host": server.host, "X-Forwarded-Proto": "https"}
    )
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def units_are_valid(server: Server) -> None:
    """By systemd itself, where its program is; it need not run."""
    program = shutil.which("systemd-analyze")
    units = sorted((server.root / "etc/systemd/system").iterdir())
    assert [unit.name for unit in units] == [
        "lms-backup.service", "lms-backup.timer", "lms-beat.service", "lms-redis.service", "lms-web.service",
        "lms-worker.service", "lms.target",
    ]  # fmt: skip
    assert [unit.name for unit in units if re.search(r"@[A-Z_]+@", unit.read_text())] == []
    if program:
        done = subprocess.run(
            [program, "verify", *map(str, units)], capture_output=True, text=True, check=False, timeout=60
        )
        ours = [line for line in done.stderr.splitlines() if "lms" in line]
        assert (done.returncode, ours) == (0, []), done.stderr
