"""Reads for one person who has two accounts: whose account one has become, who may be the same, what uniting means."""

from collections.abc import Iterable

from lms.people.models import AccountAlias

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
