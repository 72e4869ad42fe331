from __future__ import annotations

import pytest

from shared.ai.vertex.settings import VARIABLES, VertexSettings, load_vertex_settings
from shared.contract import PROCESS
from shared.deployment import JobEnvironment
from shared.errors import PermanentError


def test_everything_has_a_working_default() -> None:
    assert load_vertex_settings({}) == VertexSettings()


def test_settings_come_from_the_environment() -> None:
    settings = load_vertex_settings(
        {"VERTEX_AI_MODEL": "gemini-3.5-flash", "VERTEX_AI_LOCATION": "eu", "PODCAST_COST_CAP_USD": "2.5"}
    )
    assert (settings.model, settings.location, settings.cost_cap_usd) == ("gemini-3.5-flash", "eu", 2.5)


def test_an_empty_variable_counts_as_absent() -> None:
    assert load_vertex_settings({"VERTEX_AI_MODEL": "", "PODCAST_PROJECT_ID": ""}) == VertexSettings()


@pytest.mark.parametrize(
    ("variable", "value"),
    [("PODCAST_COST_CAP_USD", "much"), ("PODCAST_COST_CAP_USD", "0"), ("VERTEX_AI_LOCATION", "http://elsewhere/")],
)
def test_a_wrong_value_is_named_with_its_variable(variable, value) -> None:
    with pytest.raises(PermanentError) as refused:
        load_vertex_settings({variable: value})
    assert variable in refused.value.message
    assert refused.value.advice


def test_the_same_model_is_no_fallback_for_itself() -> None:
    assert VertexSettings(model="a", fallback_model="a").models == ("a",)


def test_every_variable_is_one_that_a_stack_sets() -> None:
    deployed = {name for kind in (PROCESS.environment, JobEnvironment) for name, _, _ in kind.variables()}
    assert set(VARIABLES) <= deployed
