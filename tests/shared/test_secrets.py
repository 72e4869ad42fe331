from __future__ import annotations

import io
from contextlib import closing

import pytest
from support_calls import SITUATIONS, Situation, waits_recorded
from support_cloud import IMPATIENT, QUICK
from support_servers.processes import free_port
from support_servers.proxy import Exchange, proxy, says
from support_servers.secret_manager import secret_server

from shared.errors import NotFound, PermanentError, TransientError
from shared.logger import configure_logging, get_logger
from shared.secrets import SecretStore

VALUE = "https://discord.com/api/webhooks/1/hunter2"


@pytest.fixture
def server():
    with secret_server() as running:
        running.add("project", "webhook", VALUE.encode())
        yield running


@pytest.fixture
def door(server):
    with proxy(server.address) as running:
        yield running


@pytest.fixture
def store(door):
    with closing(SecretStore.connect("project", endpoint=door.address, patience=QUICK)) as connected:
        yield connected


def test_a_secret_is_read_once_a_process(door, store) -> None:
    for name in ["webhook", "webhook", "webhook"]:
        assert store.read(name).get_secret_value() == VALUE
    assert len(door.requests) == 1


def test_a_secret_may_be_named_by_its_full_path(server, store) -> None:
    server.add("other", "keys", b"pair")
    assert store.read("projects/other/secrets/keys").get_secret_value() == "pair"


def test_a_rotated_secret_is_picked_up_by_the_next_execution(server, door, store) -> None:
    assert store.read("webhook").get_secret_value() == VALUE
    server.add("project", "webhook", b"rotated")
    assert store.read("webhook").get_secret_value() == VALUE
    with closing(SecretStore.connect("project", endpoint=door.address, patience=QUICK)) as next_execution:
        assert next_execution.read("webhook").get_secret_value() == "rotated"


def test_the_line_break_that_echo_leaves_is_no_part_of_a_secret(server, store) -> None:
    server.add("project", "webhook", b"value \r\n\n")
    assert store.read("webhook").get_secret_value() == "value "


def test_a_missing_secret_is_named_with_how_to_make_it(store) -> None:
    with pytest.raises(NotFound, match="no secret r2-keys in the project project") as refused:
        store.read("r2-keys")
    assert "gcloud secrets versions add r2-keys" in (refused.value.advice or "")


def test_a_disabled_version_is_told_with_how_to_enable_it(server, store) -> None:
    server.add("project", "webhook", b"newer").state = "DISABLED"
    with pytest.raises(PermanentError, match=r"the secret webhook: .*is in DISABLED state") as refused:
        store.read("webhook")
    assert "gcloud secrets versions list webhook" in (refused.value.advice or "")


def test_a_secret_whose_value_was_taken_away_is_one_without_a_value(server, store) -> None:
    server.add("project", "webhook", b"newer").state = "DESTROYED"
    with pytest.raises(NotFound, match="no secret webhook in the project project, or it has no version"):
        store.read("webhook")


def test_a_forbidden_secret_is_told_with_the_role_that_is_missing(door, store) -> None:
    door.misbehave(says(403))
    with pytest.raises(PermanentError, match=r"could not read the secret webhook: .*403 Forbidden") as refused:
        store.read("webhook")
    assert "roles/secretmanager.secretAccessor on the secret webhook" in (refused.value.advice or "")


def test_a_failure_is_not_remembered(server, store) -> None:
    with pytest.raises(NotFound):
        store.read("late")
    server.add("project", "late", b"here")
    assert store.read("late").get_secret_value() == "here"


def test_a_secret_is_in_no_log_no_error_and_no_picture_of_an_object(server, door, store) -> None:
    lines = io.StringIO()
    configure_logging(stream=lines)
    value = store.read("webhook")
    get_logger().info("read", secret=value, store=repr(store))
    server.add("project", "bytes", b"hunter2\xff")
    with pytest.raises(PermanentError, match="the secret bytes is no text") as refused:
        store.read("bytes")
    told = f"{lines.getvalue()}{value!r}{value}{refused.value}{refused.value.__cause__}{refused.value.to_failure()}"
    assert "hunter2" not in told


def test_a_damaged_secret_is_read_again(door, store) -> None:
    def damages(exchange: Exchange) -> None:
        response = exchange.forward()
        response.body = response.body.replace(b'"dataCrc32c": "', b'"dataCrc32c": "1')
        exchange.answer(response)

    door.misbehave(damages)
    assert store.read("webhook").get_secret_value() == VALUE
    assert len(door.requests) == 2


def test_nobody_listens() -> None:
    endpoint = f"http://127.0.0.1:{free_port()}"
    with (
        closing(SecretStore.connect("project", endpoint=endpoint, patience=QUICK)) as store,
        pytest.raises(TransientError, match="the secret webhook: connection refused"),
    ):
        store.read("webhook")


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda each: each.name)
def test_every_call_gets_what_the_table_says(door, situation: Situation) -> None:
    door.misbehave(*situation.behaviours, for_ever=situation.for_ever)
    patience = IMPATIENT if situation.hangs else QUICK
    with closing(SecretStore.connect("project", endpoint=door.address, patience=patience)) as store:
        if situation.outcome is None:
            assert store.read("webhook").get_secret_value() == VALUE
        else:
            with pytest.raises(situation.outcome, match=r"(the|no) secret webhook") as refused:
                store.read("webhook")
            assert type(refused.value) is situation.outcome
    if situation.tries is not None and situation.name != "401":  # there the library renews its token once
        assert len(door.requests) == situation.tries


def test_a_wait_that_was_asked_for_is_obeyed(door, store) -> None:
    door.misbehave(says(429, {"Retry-After": "1"}))
    with waits_recorded() as waits:
        store.read("webhook")
    assert waits == [1]
