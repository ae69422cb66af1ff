"""A row as horizontal bars, in SVG: the median of each series, with its range."""

from html import escape

from .results import digits

WIDTH, LABEL_WIDTH, VALUE_WIDTH = 760, 260, 110
BAR_HEIGHT, GAP, TOP, BOTTOM = 16, 8, 40, 12
OURS, OTHERS = "#2c6fbb", "#a9a9a9"
TEXT = 'font-family="sans-serif" font-size="12" fill="#333"'


def bar(series, y, scale):
    width = max(1, series.median * scale)
    low, high = (LABEL_WIDTH + value * scale for value in (min(series.values), max(series.values)))
    middle = y + BAR_HEIGHT / 2
    color = OURS if "sendonce" in series.name else OTHERS
    return [
        f'<text x="{LABEL_WIDTH - 8}" y="{y + 12}" text-anchor="end" {TEXT}>'
        f"{escape(series.name)}</text>",
        f'<rect x="{LABEL_WIDTH}" y="{y}" width="{width:.1f}" height="{BAR_HEIGHT}"'
        f' fill="{color}"/>',
        f'<path d="M{low:.1f} {middle}H{high:.1f}" stroke="#000" stroke-width="2"/>',
        f'<text x="{high + 8:.1f}" y="{y + 12}" {TEXT}>'
        f"{digits(series.median)} {escape(series.unit)}</text>",
    ]


def svg(row):
    """Each unit has a scale of its own."""
    height = TOP + len(row.series) * (BAR_HEIGHT + GAP) + BOTTOM
    room = WIDTH - LABEL_WIDTH - VALUE_WIDTH
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}"'
        f' viewBox="0 0 {WIDTH} {height}">',
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="12" y="24" {TEXT} font-weight="bold">{escape(row.title)}</text>',
    ]
    for number, each in enumerate(row.series):
        largest = max(max(s.values) for s in row.series if s.unit == each.unit)
        lines += bar(each, TOP + number * (BAR_HEIGHT + GAP), room / max(largest, 1e-9))
    return "\n".join([*lines, "</svg>"]) + "\n"
