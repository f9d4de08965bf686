"""How wide text is and where it breaks: sheets for phones have neither merged cells nor wrapping. Pure."""

from __future__ import annotations

from unicodedata import east_asian_width


def width(words: str) -> int:
    """Half-width letters: a Korean one counts as two."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in words)


def broken(words: str, most: int) -> list[str]:
    """Lines of at most so many half-width letters, broken at blanks; a longer word stands alone."""
    lines: list[str] = []
    for word in words.split():
        if lines and width(lines[-1]) + 1 + width(word) <= most:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines or [""]
