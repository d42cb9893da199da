r"""Patterns for short answers that cannot hang: a small language, matched by walking all its states at once.

Time is at most (length of the text) × (length of the pattern), whatever the pattern: there is no backtracking (K.
Thompson, "Regular Expression Search Algorithm", 1968). Known are letters, ``.``, classes ``[a-z]`` ``[^…]``, ``\d``,
``\s``, ``\w``, groups ``( )``, ``|``, ``?``, ``*``, ``+`` and a backslash before a sign. A pattern has to fit the whole
text.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

LONGEST = 200
_SPECIAL = frozenset("\\.[]()|?*+{}^$")

Test = Callable[[str], bool]


class PatternError(ValueError):
    """Not a pattern of this language."""


@dataclass
class _State:
    """``test`` None: an empty step. ``after``: where it leads."""

    test: Test | None = None
    after: "list[_State]" = field(default_factory=list)


@dataclass(frozen=True)
class Pattern:
    first: _State
    last: _State

    def fits(self, text: str) -> bool:
        now = _reached([self.first])
        for char in text:
            now = _reached(
                [after for state in now.values() if state.test and state.test(char) for after in state.after]
            )
            if not now:
                return False
        return id(self.last) in now


def _reached(states: list[_State]) -> dict[int, _State]:
    """``states`` and all that empty steps lead to."""
    found: dict[int, _State] = {}
    waiting = list(states)
    while waiting:
        state = waiting.pop()
        if id(state) in found:
            continue
        found[id(state)] = state
        if state.test is None:
            waiting += state.after
    return found


def compiled(source: str, *, longest: int = LONGEST) -> Pattern:
    """PatternError for what is too long or not of the language."""
    if not source or len(source) > longest:
        raise PatternError(source)
    reader = _Reader(source)
    found = reader.choice()
    if reader.rest():
        raise PatternError(source)
    return found


class _Reader:
    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0
        self.depth = 0

    def rest(self) -> str:
        return self.source[self.at :]

    def _next(self) -> str:
        if self.at >= len(self.source):
            raise PatternError(self.source)
        self.at += 1
        return self.source[self.at - 1]

    def choice(self) -> Pattern:
        ways = [self.sequence()]
        while self.rest().startswith("|"):
            self.at += 1
            ways.append(self.sequence())
        first, last = _State(), _State()
        first.after = [way.first for way in ways]
        for way in ways:
            way.last.after.append(last)
        return Pattern(first, last)

    def sequence(self) -> Pattern:
        first = last = _State()
        while self.rest() and self.rest()[0] not in "|)":
            part = self._repeated(self._atom())
            last.after.append(part.first)
            last = part.last
        return Pattern(first, last)

    def _repeated(self, atom: Pattern) -> Pattern:
        sign = self.rest()[:1]
        if sign not in ("?", "*", "+") or not sign:
            return atom
        self.at += 1
        if self.rest()[:1] in ("?", "*", "+") and self.rest():
            raise PatternError(self.source)
        first, last = _State(after=[atom.first]), _State()
        atom.last.after.append(last)
        if sign in "?*":
            first.after.append(last)
        if sign in "*+":
            atom.last.after.append(atom.first)
        return Pattern(first, last)

    def _atom(self) -> Pattern:
        sign = self._next()
        if sign == "(":
            return self._group()
        if sign == "[":
            return _single(self._class())
        if sign == ".":
            return _single(lambda char: True)
        if sign == "\\":
            return _single(self._escaped())
        if sign in _SPECIAL:
            raise PatternError(self.source)
        return _single(lambda char: char == sign)

    def _group(self) -> Pattern:
        self.depth += 1
        if self.depth > 20:
            raise PatternError(self.source)
        found = self.choice()
        if self._next() != ")":
            raise PatternError(self.source)
        self.depth -= 1
        return found

    def _escaped(self) -> Test:
        sign = self._next()
        if sign == "d":
            return str.isdecimal
        if sign == "s":
            return str.isspace
        if sign == "w":
            return lambda char: char.isalnum() or char == "_"
        if sign.isalnum():
            raise PatternError(self.source)
        return lambda char: char == sign

    def _class(self) -> Test:
        is_not = self.rest().startswith("^")
        self.at += is_not
        tests: list[Test] = []
        while (sign := self._next()) != "]":
            if sign == "\\":
                tests.append(self._escaped())
                continue
            end = sign
            if self.rest().startswith("-") and not self.rest().startswith("-]"):
                self.at += 1
                end = self._next()
                if end < sign or end == "\\":
                    raise PatternError(self.source)
            tests.append(lambda char, low=sign, high=end: low <= char <= high)  # type: ignore[misc]
        if not tests:
            raise PatternError(self.source)
        return lambda char: any(test(char) for test in tests) != is_not


def _single(test: Test) -> Pattern:
    last = _State()
    return Pattern(_State(test, [last]), last)


def wildcard(source: str) -> str:
    """A text with ``*`` for anything as a pattern; ``\\*`` is a star."""
    found, index = "", 0
    while index < len(source):
        char = source[index]
        if source.startswith("\\*", index):
            found, index = found + "\\*", index + 2
            continue
        found += ".*" if char == "*" else f"\\{char}" if char in _SPECIAL else char
        index += 1
    return found
