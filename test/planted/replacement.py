"""A bug as words of a source file and what takes their place: it does not get lost when lines move, and says so when the words are gone."""


def replaced(path, old, new):
    """The file's text with the bug. Exits unless the words stand in it exactly once."""
    text = path.read_text()
    if text.count(old) != 1:
        raise SystemExit(f"{path} holds {text.count(old)} times: {old}")
    return text.replace(old, new)
