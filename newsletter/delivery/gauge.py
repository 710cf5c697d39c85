"""The gauge: whether the first copies of a mailing are refused too often to go on. Counts in, a sentence out."""

from collections.abc import Iterable, Mapping

from newsletter.model import Answer, DeliveryState, Receipt

FIRST = 200
TOLERATED = 0.05
ALWAYS_TOLERATED = 2  # in a small mailing two wrong addresses are two wrong addresses
NO_ANSWER = (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.SKIPPED, DeliveryState.DROPPED)


class Gauge:
    """Looks at the first 200 copies, or at all of a smaller mailing.

    It counts from its own start: a person who resumes a mailing has seen what was refused before.
    """

    def __init__(self, counts: Mapping[DeliveryState, int]) -> None:
        copies = sum(counts.values())
        answered = copies - sum(counts.get(state, 0) for state in NO_ANSWER)
        self._left = min(FIRST, copies) - answered
        self._tolerated = max(ALWAYS_TOLERATED, int(TOLERATED * self._left))
        self._answered = self._refused = 0

    def reason(self, receipts: Iterable[Receipt]) -> str | None:
        """Why the mailing should pause, once, after these answers; None when it may go on."""
        if self._left <= 0:
            return None
        answers = [receipt for receipt in receipts if receipt.answer is not Answer.LATER][: self._left]
        refused = [receipt for receipt in answers if receipt.answer is Answer.REFUSED]
        self._left -= len(answers)
        self._answered += len(answers)
        self._refused += len(refused)
        if self._refused <= self._tolerated:
            return None
        self._left = 0
        return (
            f"{self._refused} refus sur les {self._answered} premiers exemplaires ({refused[-1].detail}) ; "
            "corrigez les adresses, ou les réglages d’envoi, puis reprenez"
        )
