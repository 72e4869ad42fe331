"""Who is who: one service account a deployable, and one for each thing that calls the controller."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from infra.naming import Names
from shared.contract import Step
from shared.deployment import SERVICE_AGENTS, Callers, Orchestration, agent_role

CONTROLLER, TRIGGER, SCHEDULER, PUSH = "controller", "trigger", "scheduler", "push"


@dataclass(frozen=True)
class Agent:
    """Google's own account that acts for the project in one of its services."""

    member: pulumi.Output[str]
    """The account as IAM writes it."""
    able: pulumi.Resource
    """The grant of its own role. An agent that is asked for gets none by itself, unlike one that Google makes on first
    use: whatever has the agent do something waits for this.

    Source: https://cloud.google.com/iam/docs/create-service-agents.
    """


@dataclass(frozen=True)
class IdentitiesArgs:
    """For whom."""

    names: Names
    steps: Sequence[Step]
    orchestration: Orchestration


class Identities(pulumi.ComponentResource):
    """The accounts, and Google's own agents that act for a project.

    Does not manage: what they may do (permissions.py and the callers' own components), and keys: there are none.
    """

    def __init__(self, name: str, args: IdentitiesArgs, opts: pulumi.ResourceOptions) -> None:
        super().__init__("podcast:infra:Identities", name, None, opts)
        self._names = args.names
        purposes = account_roles(args.steps, args.orchestration)
        self._accounts = {
            role: gcp.serviceaccount.Account(
                f"account-{role}",
                account_id=args.names.account_id(role),
                display_name=purpose,
                opts=pulumi.ResourceOptions(parent=self),
            )
            for role, purpose in purposes.items()
        }
        self.eventarc_agent, self.pubsub_agent, self.vertex_agent = map(self._agent, SERVICE_AGENTS)
        self.register_outputs({})

    def e_mail(self, role: str) -> pulumi.Output[str]:
        """The account's address, once it exists."""
        return self._accounts[role].email

    def member(self, role: str) -> pulumi.Output[str]:
        """The account as IAM writes it."""
        return self._accounts[role].member

    def _agent(self, service: str) -> Agent:
        child = pulumi.ResourceOptions(parent=self)
        # On a fresh project the agent does not exist until somebody asks for it, and grants to it fail.
        agent = gcp.projects.ServiceIdentity(f"agent-{service}", service=f"{service}.googleapis.com", opts=child)
        able = gcp.projects.IAMMember(
            f"agent-{service}-able",
            project=self._names.project,
            role=agent_role(service),
            member=agent.member,
            opts=child,
        )
        return Agent(agent.member, able)


def account_roles(steps: Sequence[Step], orchestration: Orchestration) -> dict[str, str]:
    """The roles that have an account of their own, and what each is for."""
    roles = {
        CONTROLLER: "podcast-automator: the controller",
        **{step.name: f"podcast-automator: {step.job_name}" for step in steps},
        TRIGGER: "podcast-automator: tells the controller of new recordings",
        SCHEDULER: "podcast-automator: starts the sweep",
    }
    if orchestration == "pubsub":
        roles[PUSH] = "podcast-automator: pushes messages to the controller"
    return roles


def callers(names: Names, steps: Sequence[Step], orchestration: Orchestration) -> Callers:
    """Which accounts may use which of the controller's doors; addresses follow from names, so nothing waits."""
    pushes = (names.e_mail(PUSH),) if orchestration == "pubsub" else ()
    return Callers(
        events=(names.e_mail(TRIGGER),),
        sweep=(names.e_mail(SCHEDULER),),
        signals=(*(names.e_mail(step.name) for step in steps), *pushes),
    )
