"""What a browser sends back of a form that nobody touched."""

from typing import Any

from bs4 import BeautifulSoup


def sent_by(html: str | bytes, *, form: str = "") -> dict[str, Any]:
    """Names and values of ``html``; ``form``: only of the form with this id. Templates of further rows are left out."""
    soup: Any = BeautifulSoup(html, "html.parser")
    if form:
        soup = soup.find("form", id=form)
    sent: dict[str, Any] = {}
    for field in soup.find_all(["input", "select", "textarea"]):
        name = field.get("name")
        if not name or "__prefix__" in name or field.get("type") in ("submit", "button", "file"):
            continue
        if field.get("type") in ("checkbox", "radio"):
            if field.has_attr("checked"):
                _put(sent, name, field.get("value", "on"))
        elif field.name == "select":
            chosen = field.find_all("option", selected=True)
            if not chosen and not field.has_attr("multiple"):
                chosen = field.find_all("option")[:1]
            for option in chosen:
                _put(sent, name, option.get("value", ""))
        elif field.name == "textarea":
            _put(sent, name, field.text.removeprefix("\n"))
        else:
            _put(sent, name, field.get("value", ""))
    return sent


def _put(sent: dict[str, Any], name: str, value: str) -> None:
    if name not in sent:
        sent[name] = value
    elif isinstance(sent[name], list):
        sent[name].append(value)
    else:
        sent[name] = [sent[name], value]
