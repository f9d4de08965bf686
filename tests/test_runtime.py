"""One feed a process, until the environment names other data."""

from __future__ import annotations

import os

import pytest

from xlwings_kis import runtime


class Environment(dict):
    """An environment of another Python, which keeps its variables in some other way."""


@pytest.fixture(params=["as it is", "of another Python"])
def any_environment(request, monkeypatch, environment):
    if request.param == "of another Python":
        monkeypatch.setattr(os, "environ", Environment(os.environ))


@pytest.mark.parametrize("name", runtime._WATCHED)
def test_every_watched_variable_makes_another_feed_at_once_and_the_same_value_does_not(any_environment, name):
    os.environ.pop(name, None)
    before = runtime.feed()
    assert runtime.feed() is before
    os.environ[name] = "ko"
    after = runtime.feed()
    assert after is not before
    os.environ[name] = "".join(("k", "o"))
    assert runtime.feed() is after
    del os.environ[name]
    assert runtime.feed() is not after


def test_the_environment_is_looked_at_where_it_keeps_its_variables(environment):
    """Six times faster; whether this Python still lets us is no matter of right or wrong, but we want to hear of it."""
    assert isinstance(getattr(os.environ, "_data", None), dict)
    os.environ["KIS_APP_KEY"] = "하나"
    kept = runtime._environment()
    assert kept[runtime._WATCHED.index("KIS_APP_KEY")] == os.fsencode("하나") or os.name == "nt"
