from __future__ import annotations

from pathlib import Path

import pytest

from shared.config import LocalSettings, load_settings
from shared.errors import NotFound, PermanentError


def test_no_variable_is_needed() -> None:
    settings = load_settings({})
    assert isinstance(settings, LocalSettings)
    assert settings.data == Path("local")
    assert settings.public_url == "http://127.0.0.1:8080/site"


def test_podcast_data_holds_input_work_and_public() -> None:
    settings = load_settings({"PODCAST_DATA": "/data"})
    assert isinstance(settings, LocalSettings)
    assert [store.root for store in (settings.input, settings.work, settings.public)] == [
        Path("/data/input"),
        Path("/data/work"),
        Path("/data/public"),
    ]


@pytest.mark.parametrize(
    ("variable", "value"),
    [("PODCAST_PORT", "http"), ("PODCAST_PORT", "0"), ("PODCAST_AI", "magic"), ("PODCAST_SLOTS", "0")],
)
def test_a_wrong_variable_is_named_with_its_value(variable, value) -> None:
    with pytest.raises(PermanentError, match=f"{variable} is '{value}'"):
        load_settings({variable: value})


def test_an_unknown_backend_is_refused() -> None:
    with pytest.raises(PermanentError, match="PODCAST_BACKEND is 'mainframe'"):
        load_settings({"PODCAST_BACKEND": "mainframe"})


def test_settings_survive_the_way_to_another_process() -> None:
    settings = LocalSettings(data=Path("/d"), port=9000, slots=3, signal_url="http://127.0.0.1:9000/signals")
    assert load_settings(settings.to_environment()) == settings


def test_an_unknown_bucket_is_refused_with_the_one_there_is() -> None:
    with pytest.raises(NotFound, match="no bucket 'podcast-input-dev'") as refused:
        LocalSettings().bucket("podcast-input-dev")
    assert "'input'" in (refused.value.advice or "")


def test_a_cloud_location_is_refused_on_a_laptop() -> None:
    with pytest.raises(PermanentError, match="lies in the cloud"):
        LocalSettings().find("gs://bucket/name")


def test_the_webhook_reaches_the_steps_and_is_shown_nowhere() -> None:
    address = "https://discord.com/api/webhooks/1/very-secret"
    settings = load_settings({"PODCAST_DISCORD_WEBHOOK_URL": address})
    assert isinstance(settings, LocalSettings)
    assert load_settings(settings.to_environment()).discord_webhook() == address
    assert "very-secret" not in repr(settings) + str(settings) + settings.model_dump_json()
    assert load_settings({}).discord_webhook() is None
