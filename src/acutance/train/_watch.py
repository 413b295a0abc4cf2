"""Watch-dogs: collapses that are otherwise noticed by eye and too late.

Each rule looks at one term of one player and speaks once. Its running mean decides whether there is trouble, so that a
single odd batch is none; the step at which the trouble began is read off the term itself, which does not lag.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

__all__ = ["RULES", "Rule", "Warned", "Watch"]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """When a term is in trouble.

    Attributes:
        name: of the trouble.
        term: the term it looks at.
        low: trouble below this.
        high: trouble above this.
        grace: fraction of the run in which nothing is said.
        patience: fraction of the run for which the trouble must last.
        advice: what it means and what to do.
    """

    name: str
    term: str
    low: float = float("-inf")
    high: float = float("inf")
    grace: float = 0.1
    patience: float = 0.05
    advice: str

    def allows(self, value: float) -> bool:
        """Whether a value is no sign of trouble."""
        return self.low <= value <= self.high


RULES = (
    Rule(
        name="posterior collapse",
        term="rate_nats",
        low=1.0,
        advice="the code carries less than a nat per image, so every output is the average image: "
        "lower the KL weight or sigma",
    ),
    Rule(
        name="critic saturation",
        term="logit_gap",
        high=12.0,
        advice="the critic tells real from fake with certainty and its gradient vanishes: "
        "raise the penalty or lower the learning rate",
    ),
    Rule(
        name="mode collapse",
        term="spread",
        low=0.35,
        advice="the samples of a batch differ much less than real images do: raise the penalty, or train longer",
    ),
    Rule(
        name="codebook collapse",
        term="code_entropy",
        low=0.3,
        advice="few entries of the codebook are used: take fewer entries or channels, reset dead ones sooner, or take "
        "scalar codes, which have no entries to lose",
    ),
)


@dataclass(frozen=True, kw_only=True)
class Warned:
    """One warning.

    Attributes:
        name: of the trouble.
        player: whose term showed it.
        step: at which it began.
        value: of the smoothed term when it was reported.
        advice: what it means and what to do.
    """

    name: str
    player: str
    step: int
    value: float
    advice: str

    def state(self) -> dict[str, Any]:
        """JSON values, by the names of the arguments."""
        return asdict(self)

    def __str__(self) -> str:
        return f"{self.name} since step {self.step} ({self.player}): {self.advice}"


@dataclass
class Watch:
    """Follows the terms of a run.

    Args:
        total_steps: of the run.
        smoothing: weight of a new value in the running mean.
    """

    total_steps: int
    smoothing: float = 0.05
    means: dict[str, float] = field(default_factory=dict)
    since: dict[str, int] = field(default_factory=dict)
    warned: list[Warned] = field(default_factory=list)

    def see(self, step: int, player: str, terms: dict[str, float]) -> list[Warned]:
        """Takes the terms of one step; returns the warnings that are due now."""
        due = []
        for rule in RULES:
            if rule.term in terms:
                key = f"{player}/{rule.name}"
                mean = self.means.get(key, terms[rule.term])
                self.means[key] = mean + self.smoothing * (terms[rule.term] - mean)
                due += self._judge(rule, key, step, player, terms[rule.term])
        self.warned += due
        return due

    def _judge(self, rule: Rule, key: str, step: int, player: str, value: float) -> list[Warned]:
        well_now, well_lately = rule.allows(value), rule.allows(self.means[key])
        if well_now and well_lately:
            self.since.pop(key, None)
            return []
        began = self.since.setdefault(key, step)
        patience = rule.patience * self.total_steps
        known = any(w.name == rule.name and w.player == player for w in self.warned)
        early = step < rule.grace * self.total_steps + patience or step - began < patience
        if well_now or well_lately or known or early:
            return []
        return [Warned(name=rule.name, player=player, step=began, value=self.means[key], advice=rule.advice)]

    def state(self) -> dict[str, Any]:
        """JSON values from which `restored` makes the same watch."""
        return {"means": self.means, "since": self.since, "warned": [w.state() for w in self.warned]}

    @staticmethod
    def restored(total_steps: int, state: dict[str, Any]) -> Watch:
        """The watch whose `state` this was."""
        warned = [Warned(**w) for w in state["warned"]]
        return Watch(total_steps, means=dict(state["means"]), since=dict(state["since"]), warned=warned)
