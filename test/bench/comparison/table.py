"""The table of results, in Markdown."""

from .results import digits


def verdict(each):
    if not each.target:
        return ""
    return "met" if each.met else "**missed**"


def target_lines(rows):
    lines = ["| what | target | measured | |", "|---|---|---|---|"]
    for row in rows:
        for each in row.ratios:
            lines.append(f"| {row.title}: {each.name} | {each.target} | {each} | {verdict(each)} |")
    return lines


def series_lines(row):
    lines = [f"### {row.title}", "", "| | median | range |", "|---|---|---|"]
    for each in row.series:
        span = f"{digits(min(each.values))} to {digits(max(each.values))}"
        lines.append(f"| {each.name} | {digits(each.median)} {each.unit} | {span} |")
    lines += ["", *(f"- {each}." for each in row.settings)]
    lines.append(f"- Measured {row.measured['at']}, commit {row.measured['commit']},"
                 f" {len(row.series[0].values)} rounds.")
    return lines


def document(rows, machine):
    lines = [
        "# Results", "",
        "Written by `make bench`; [../benchmarks.md](../benchmarks.md) says what they mean. Medians"
        " over the rounds, in brackets from the lowest to the highest. Ratios were taken round by"
        " round.", "",
        "| machine and versions | |", "|---|---|",
        *(f"| {name} | {value} |" for name, value in machine), "",
        "## Ratios and targets", "", *target_lines(rows), "", "## What was measured",
    ]
    for row in rows:
        lines += ["", *series_lines(row)]
        lines += ["", f"![{row.title}]({row.key}.svg)"]
    return "\n".join(lines) + "\n"
