"""The budget alert, where the stack knows its billing account."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from infra.naming import Names


@dataclass(frozen=True)
class BudgetArgs:
    """How much is expected."""

    names: Names
    billing_account: str
    monthly_budget: int
    """In the billing account's own currency."""
    channels: list[gcp.monitoring.NotificationChannel]


class Budget(pulumi.ComponentResource):
    """Mail at half, nine tenths and all of the month's budget, and when the forecast goes beyond it.

    Does not manage: a stop. Google bills what is used; what an episode may cost is capped before it is processed.
    """

    def __init__(self, name: str, args: BudgetArgs, opts: pulumi.ResourceOptions) -> None:
        super().__init__("podcast:infra:Budget", name, None, opts)
        gcp.billing.Budget(
            "monthly",
            billing_account=args.billing_account,
            display_name=f"podcast-automator {args.names.stack}: monthly-cost",
            budget_filter={"projects": [f"projects/{args.names.project}"], "calendar_period": "MONTH"},
            # No currency: the account's own is the only one that Google takes.
            amount={"specified_amount": {"units": str(args.monthly_budget)}},
            threshold_rules=[
                {"threshold_percent": 0.5},
                {"threshold_percent": 0.9},
                {"threshold_percent": 1.0},
                {"threshold_percent": 1.0, "spend_basis": "FORECASTED_SPEND"},
            ],
            all_updates_rule={
                "monitoring_notification_channels": [channel.id for channel in args.channels],
                "disable_default_iam_recipients": False,
            }
            if args.channels
            else None,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})
