"""Discord's webhook: whether it is still there. It is looked at and never written to.

https://discord.com/developers/docs/resources/webhook#get-webhook-with-token; the address is a secret, and no error
here holds it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus

import urllib3
from urllib3.exceptions import HTTPError

from controller.stack.doctor.asking import Unanswered
from controller.stack.doctor.probing import Finding, Probe, fault, untested
from controller.stack.doctor.secrets import NOBODY_TOLD, Secrets
from shared.deployment import DeployedStack
from shared.errors import PodcastError
from shared.http_errors import reason_of, retry_after
from shared.notifier.webhook import MAKE_ONE, Webhook


@dataclass(frozen=True)
class HookFacts:
    """What Discord said."""

    status: int
    wait: float | None = None
    """Seconds that it asks to be left alone."""


def probes(secrets: Secrets, deployed: DeployedStack, limit: float) -> list[Probe]:
    """One look."""
    return [Probe("Discord", partial(_look, secrets, deployed, limit))]


def _look(secrets: Secrets, deployed: DeployedStack, limit: float) -> Finding:
    try:
        webhook = secrets.webhook()
    except PodcastError as error:
        raise Unanswered("its webhook could not be read: see its own line") from error
    if webhook is None:
        return Finding(NOBODY_TOLD)
    return hook_finding(deployed, _ask(webhook, limit))


def _ask(webhook: Webhook, limit: float) -> HookFacts:
    webhook.keep_out_of(logging.getLogger("urllib3.connectionpool"))
    timeout = urllib3.Timeout(connect=min(limit, 5.0), read=limit)
    with urllib3.PoolManager(retries=False) as http:
        try:
            answer = http.request(
                "GET",
                webhook.reveal().partition("?")[0],
                headers={"User-Agent": "podcast-automator"},
                timeout=timeout,
                redirect=False,
            )
        except HTTPError as error:
            # Without its cause: what urllib3 says holds the address.
            raise Unanswered(f"Discord could not be reached: {reason_of(error)}") from None
        return HookFacts(answer.status, retry_after(answer.headers))


def hook_finding(deployed: DeployedStack, facts: HookFacts) -> Finding:
    """Whether a message would reach the channel."""
    if facts.status == HTTPStatus.OK:
        return Finding("the webhook is there; nothing was sent")
    if facts.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND):
        return fault(
            "the webhook was deleted, or its token changed",
            f"{MAKE_ONE.partition('; then')[0]}; then: pulumi config set --secret discord_webhook "
            f"--stack {deployed.stack} && pulumi up --stack {deployed.stack}",
        )
    if facts.status == HTTPStatus.TOO_MANY_REQUESTS:
        return untested(f"Discord asks to be left alone for {facts.wait or 60:g} s")
    return untested(f"Discord answered {facts.status}")
