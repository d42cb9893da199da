"""The lock files: complete, hashed, and silent about where packages come from."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.plugins.prepared import ROOT

LOCKS = {name: ROOT / "requirements" / f"{name}.txt" for name in ("base", "test", "services")}


def pins(path: Path) -> dict[tuple[str, str], str]:
    """(name, marker) → version."""
    found = re.findall(r"^([a-z0-9._-]+)(?:\[[^]]*\])?==(\S+)(?: ; (.*?))?(?: \\)?$", path.read_text(), re.MULTILINE)
    return {(name, marker): version for name, version, marker in found}


def wanted(specifier: str) -> str:
    return re.split(r"[\[<>=~! ]", specifier, maxsplit=1)[0].lower().replace("_", "-")


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_that_is_asked_for_is_locked(name: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = project["dependencies"] + (project["optional-dependencies"][name] if name != "base" else [])
    locked = {package for package, _ in pins(LOCKS[name])}
    assert sorted({wanted(specifier) for specifier in asked} - locked) == []


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_file_names_no_address(name: str) -> None:
    lines = LOCKS[name].read_text().splitlines()
    assert [line for line in lines if "://" in line or line.startswith("--")] == []


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_a_hash(name: str) -> None:
    packages = re.split(r"\n(?=\S)", LOCKS[name].read_text().strip())
    assert [package for package in packages if not package.startswith("#") and "--hash=sha256:" not in package] == []


@pytest.mark.parametrize("name", ["test", "services"])
def test_what_tests_and_servers_add_changes_no_version_of_the_base(name: str) -> None:
    base, more = pins(LOCKS["base"]), pins(LOCKS[name])
    assert {pin: more.get(pin) for pin in base} == base
