"""A place in the tokens, with the points found so far. Grammar functions advance it, or put it back."""

from newsletter.dates.lexer import Token
from newsletter.dates.parts import Note, Point


class Cursor:
    """Tokens from left to right; the first "end" is never passed."""

    def __init__(self, found: list[Token]) -> None:
        self.tokens = found
        self.at = 0
        self.points: list[Point] = []
        self.notes: list[Note] = []

    def peek(self, ahead: int = 0) -> Token:
        """The token that comes, or one after it."""
        return self.tokens[self.at + ahead]

    def kind(self, ahead: int = 0) -> str:
        """What the token that comes is."""
        return self.tokens[self.at + ahead].kind

    def before(self) -> str:
        """What the token just passed was; "" at the start."""
        return self.tokens[self.at - 1].kind if self.at else ""

    def step(self) -> Token:
        """Passes a token."""
        token = self.peek()
        if token.kind != "end":
            self.at += 1
        return token

    def take(self, *kinds: str) -> Token | None:
        """Passes the token that comes if it is one of these."""
        return self.step() if self.tokens[self.at].kind in kinds else None

    def skip(self, *kinds: str) -> None:
        """Passes all that come of these."""
        while self.tokens[self.at].kind in kinds:
            self.at += 1

    def add(self, point: Point) -> int:
        """Keeps a point; gives its place."""
        self.points.append(point)
        return len(self.points) - 1

    def note(self, code: str, start: int, end: int) -> None:
        """Something people should know of these tokens' text."""
        self.notes.append((code, start, end))

    def spaced(self) -> bool:
        """Whether the token that comes stands free of its neighbours."""
        token = self.peek()
        return token.start > self.tokens[self.at - 1].end if self.at else False
