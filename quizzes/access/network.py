"""Only from certain addresses, as the computers of one room have them."""

import ipaddress
from collections.abc import Iterator

from django.utils.translation import gettext as _

from quizzes.access.base import Asked, Held

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def networks(lines: str) -> Iterator[Network]:
    """The ranges of ``lines``, one a line; ValueError names the first line that is none."""
    for line in lines.split():
        try:
            yield ipaddress.ip_network(line, strict=False)
        except ValueError:
            raise ValueError(line) from None


def is_within(address: str, lines: str) -> bool:
    """Without any range everywhere is within; an address that is none is nowhere."""
    ranges = list(networks(lines))
    if not ranges:
        return True
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(found in each for each in ranges)


class AllowedNetworks:
    NAME = "network"
    ORDER = 10

    def asks_for(self, held: Held) -> str:
        return ""

    def refuse(self, held: Held, asked: Asked) -> str:
        if is_within(asked.address, held.networks):
            return ""
        return _("This quiz can only be taken at the place of the test. Go to a computer there, or ask the organisers.")


RULE = AllowedNetworks()
