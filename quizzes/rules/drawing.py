"""Which questions an attempt asks: every slot gets exactly its number, none twice, those asked least first.

Slots may overlap (a category and a tag, a blueprint beside a fixed question), so this is a matching between questions
and places. Taking questions in the order of their uses and keeping each that can still be placed with all those kept
before (an augmenting path decides) is the greedy of a transversal matroid: the draw has the fewest uses of all draws
that fill the slots, and fails only when none exists.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Slot:
    """``count`` of the questions ``fits`` (ids)."""

    position: int
    count: int
    fits: frozenset[int]


@dataclass(frozen=True)
class Shortage:
    """The slots at ``positions`` together want ``wanted`` questions and only ``found`` fit any of them."""

    positions: tuple[int, ...]
    wanted: int
    found: int


class PoolTooSmallError(ValueError):
    """No draw fills the slots; ``shortage`` says which."""

    def __init__(self, shortage: Shortage) -> None:
        super().__init__(str(shortage))
        self.shortage = shortage


class _Places:
    """Questions placed so far. ``held``: slot index → questions."""

    def __init__(self, slots: Sequence[Slot]) -> None:
        self.slots = slots
        self.held: list[list[int]] = [[] for _ in slots]

    def add(self, question: int) -> bool:
        """Place ``question``, moving others along if need be; False if that cannot be done."""
        return self._place(question, set())

    def _place(self, question: int, tried: set[int]) -> bool:
        fitting = [index for index, slot in enumerate(self.slots) if question in slot.fits and index not in tried]
        tried.update(fitting)
        for index in fitting:
            if len(self.held[index]) < self.slots[index].count:
                self.held[index].append(question)
                return True
        for index in fitting:
            for other in list(self.held[index]):
                if self._place(other, tried):
                    self.held[index].remove(other)
                    self.held[index].append(question)
                    return True
        return False

    def shortage(self) -> Shortage | None:
        """The slots that stay short, with those whose questions they would need: Hall's condition fails there."""
        short = {index for index, slot in enumerate(self.slots) if len(self.held[index]) < slot.count}
        if not short:
            return None
        tight, frontier = set(short), list(short)
        while frontier:
            fits = self.slots[frontier.pop()].fits
            for index, held in enumerate(self.held):
                if index not in tight and any(question in fits for question in held):
                    tight.add(index)
                    frontier.append(index)
        found = frozenset().union(*(self.slots[index].fits for index in tight))
        return Shortage(
            tuple(sorted(self.slots[index].position for index in tight)),
            sum(self.slots[index].count for index in tight),
            len(found),
        )


def shortage(slots: Sequence[Slot]) -> Shortage | None:
    """None when a draw exists. The question asked when a quiz is published."""
    places = _Places(slots)
    for question in sorted(frozenset().union(*(slot.fits for slot in slots))):
        places.add(question)
    return places.shortage()


def draw(slots: Sequence[Slot], uses: Mapping[int, int], rng: random.Random) -> list[tuple[Slot, int]]:
    """Questions for the slots in the order of the slots; PoolTooSmallError if they cannot all be filled.

    ``uses``: how often each question was asked before. ``rng`` breaks ties, so the same seed draws the same.
    """
    pool = sorted(frozenset().union(*(slot.fits for slot in slots)))
    rng.shuffle(pool)
    pool.sort(key=lambda question: uses.get(question, 0))
    places = _Places(slots)
    wanted = sum(slot.count for slot in slots)
    taken = 0
    for question in pool:
        if taken == wanted:
            break
        taken += places.add(question)
    found = places.shortage()
    if found:
        raise PoolTooSmallError(found)
    return [
        (slot, question)
        for slot, held in sorted(zip(slots, places.held, strict=True), key=lambda pair: pair[0].position)
        for question in held
    ]
