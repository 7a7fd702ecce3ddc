"""Expected failures of phases."""

from dataclasses import dataclass


@dataclass(eq=False)
class RuleRefused(Exception):
    """A change of the rules that was refused; nothing was written. `message` is a sentence for people.

    `field`: the part of the form it is about.
    """

    message: str
    field: str = ""

    def __str__(self) -> str:
        return self.message
