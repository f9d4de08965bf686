"""The manifest Excel is given: where the add-in lives, and what it is called."""

from __future__ import annotations

from xlwings_server.config import settings
from xlwings_server.templates import env

from xlwings_kis.server.environment import MANIFEST_ID


def render(url: str) -> str:
    """For the address people reach, without a path or a last stroke."""
    made: str = env.get_template("manifest.xml").render(
        settings=settings, base_url=url, base_url_with_app_path=f"{url}{settings.app_path}", manifest_id=MANIFEST_ID
    )
    return made
