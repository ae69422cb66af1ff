"""What was measured: rows of series, each a value for each round, and ratios between them."""

import json
import statistics
from dataclasses import asdict, dataclass, field


def digits(value):
    """Three digits that count, with commas: what more there is was noise."""
    if value == 0:
        return "0"
    if abs(value) >= 1000:
        return f"{float(f'{value:.3g}'):,.0f}"
    return f"{value:.3g}"


@dataclass
class Series:
    """One quantity, measured once in each round."""

    name: str
    unit: str
    values: list = field(default_factory=list)

    @property
    def median(self):
        return statistics.median(self.values)

    def __str__(self):
        return f"{digits(self.median)} {self.unit} ({digits(min(self.values))} to {digits(max(self.values))})"


@dataclass
class Ratio:
    """Of two series round by round. met: whether the median keeps the target."""

    name: str
    values: list
    at_least: float | None = None
    at_most: float | None = None

    @property
    def median(self):
        return statistics.median(self.values)

    @property
    def met(self):
        over = self.at_least is None or self.median >= self.at_least
        return over and (self.at_most is None or self.median <= self.at_most)

    @property
    def target(self):
        if self.at_least is not None:
            return f"at least {digits(self.at_least)}"
        return "" if self.at_most is None else f"at most {digits(self.at_most)}"

    def __str__(self):
        low, high = min(self.values), max(self.values)
        return f"{digits(self.median)} ({digits(low)} to {digits(high)})"


@dataclass
class Row:
    key: str
    title: str
    series: list
    ratios: list
    settings: list = field(default_factory=list)  # sentences
    measured: dict = field(default_factory=dict)  # when, which commit

    @property
    def has_target(self):
        return any(each.target for each in self.ratios)

    @property
    def met(self):
        return all(each.met for each in self.ratios)


def ratio(name, ours, theirs, **target):
    """The ratio of two series, round by round."""
    pairs = zip(ours.values, theirs.values, strict=True)
    return Ratio(name, [one / other for one, other in pairs], **target)


def limit(series, **target):
    """A series that has a target of its own, not a ratio."""
    return Ratio(f"{series.name}, {series.unit}", series.values, **target)


def to_json(rows):
    return json.dumps([asdict(each) for each in rows], indent=1)


def from_json(text):
    return [
        Row(**{
            **each,
            "series": [Series(**one) for one in each["series"]],
            "ratios": [Ratio(**one) for one in each["ratios"]],
        })
        for each in json.loads(text)
    ]
