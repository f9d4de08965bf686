"""A real browser for the tests that look at a page, and what they measure in it."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

ENOUGH_CONTRAST = 4.5
"""WCAG 2.2, 1.4.3: between text and what lies behind it."""

COLOURS = """() => {
  const behind = node => {
    for (; node; node = node.parentElement) {
      const colour = getComputedStyle(node).backgroundColor;
      if (!/, 0\\)$/.test(colour) && colour !== "transparent") return colour;
    }
    return "none";
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const seen = [];
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (node.data.trim()) {
      seen.push([node.data.trim(), getComputedStyle(node.parentElement).color, behind(node.parentElement)]);
    }
  }
  return seen;
}"""
"""Each text of the page, its colour, and the colour behind it."""


@contextlib.contextmanager
def launched() -> Iterator[Any]:
    """Chromium; without one the test is skipped, but not where everything has to run."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if not os.environ.get("CI"):
        pytest.importorskip("playwright", reason="pages are looked at through Playwright")
        if not chromium:
            pytest.skip("no Chromium on this machine: apt-get install chromium fonts-nanum")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield made
        made.close()


def contrast(one: str, other: str) -> float:
    """Of two CSS colours, by WCAG."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    channels = [int(part) / 255 for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
