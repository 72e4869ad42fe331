"""The commands, their help and their exit codes; what they do stands in the modules beside this one."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from controller.check import report
from controller.cli.at_work import controller_lock
from controller.cli.desk import Desk, LocalDesk, find_job
from controller.cli.doctor import diagnose
from controller.cli.follow import follow
from controller.cli.lines import job_list, step_table
from controller.cli.publish import publish
from controller.cli.serve import serve
from controller.cli.tell import complain, tell
from controller.local import build_local
from controller.recordings import check_recording
from shared.config import load_local_settings
from shared.errors import PermanentError, PodcastError
from shared.logger import configure_logging

if TYPE_CHECKING:
    from controller.stack.desk import RemoteDesk

app = typer.Typer(
    name="podcast",
    help="A recording becomes a published, well-described podcast episode.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


StackOption = Annotated[
    str | None,
    typer.Option("--stack", help="A deployed stack, or the file with its output; this machine if absent."),
]


@app.command("publish")
def publish_command(
    files: Annotated[list[Path] | None, typer.Argument(help="Recordings: mp3, m4a, wav, flac, ogg, opus, mp4.")] = None,
    sample: Annotated[
        bool, typer.Option("--sample", help="Publish the human speech that comes with the software.")
    ] = False,
    stack: StackOption = None,
) -> None:
    """Publish recordings and wait until each is an episode.

    Exits with 0 when every file became an episode or waits for review, with 1 when one was refused or failed.
    """
    configure_logging(human=True, level=logging.ERROR)
    chosen = [*(files or []), *([_sample()] if sample else [])]
    if not chosen:
        raise PermanentError("no recording was given", advice="Try: podcast publish FILE, or podcast publish --sample.")
    console = Console()
    if stack is None:
        fine = publish(load_local_settings(), chosen, console)
    else:
        # First: a mistyped path is no trouble with the login or the stack.
        there = [file for file in chosen if _is_recording(file)]
        if not there:
            raise typer.Exit(1)
        with _google_is_installed():
            from controller.cli.publish_to_stack import publish_to_stack  # noqa: PLC0415 - only a stack needs it
        with _stack(stack) as desk:
            fine = publish_to_stack(desk, there, console) and there == chosen
    if not fine:
        raise typer.Exit(1)


@app.command("serve")
def serve_command() -> None:
    """Run the controller: dashboard, published site, feed and folder watch at http://127.0.0.1:8080."""
    configure_logging(human=True)
    serve(load_local_settings(), Console())


@app.command("dashboard")
def dashboard_command(
    stack: Annotated[str, typer.Option("--stack", help="The deployed stack, or the file with its output.")],
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Where to serve it on 127.0.0.1; 0: where it is free.")
    ] = 0,
) -> None:
    """Open a deployed stack's dashboard on this machine, with your own identity; `podcast serve` has this machine's."""
    configure_logging(human=True)
    with _google_is_installed():
        from controller.cli.dashboard import dashboard  # noqa: PLC0415 - only a stack needs it
    dashboard(stack, port, Console())


@app.command("jobs")
def jobs_command(
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many, the newest first.")] = 20,
    stack: StackOption = None,
) -> None:
    """List the jobs, the newest first."""
    with _desk(stack) as desk:
        jobs = desk.jobs(limit, None)
        if jobs:
            Console().print(job_list(jobs, desk.now()))
        else:
            Console().print(f"No episode yet. Drop a recording with: {desk.command('publish FILE')}")


@app.command("show")
def show_command(
    job: Annotated[str, typer.Argument(help="The job's id, or its first letters.")], stack: StackOption = None
) -> None:
    """Show one job: its steps, its episode, or what went wrong."""
    with _desk(stack) as desk:
        found = find_job(desk, job)
        console = Console()
        console.print(step_table(found, desk.note(found.job_id), desk.now()))
        if found.at_rest:
            tell(desk, found, console)
        elif (heard := desk.heard(found)) is not None:
            console.print(heard.title)
        console.print(f"Logs: {desk.logs(found.job_id)}", style="dim", markup=False, soft_wrap=True)


@app.command("retry")
def retry_command(
    job: Annotated[str, typer.Argument(help="The failed job's id, or its first letters.")], stack: StackOption = None
) -> None:
    """Resume a failed job from the step that failed, and wait until it ends."""
    configure_logging(human=True, level=logging.ERROR)
    console = Console()
    if stack is not None:
        with _stack(stack) as desk:
            job_id = find_job(desk, job).job_id
            desk.retry(job_id)
            _follow_to_its_end(desk, job_id, console)
        return
    settings = load_local_settings()
    controller = build_local(settings, serving=False)
    here = LocalDesk(controller)
    job_id = find_job(here, job).job_id
    with controller_lock(settings.data) as at_work:
        here.retry(job_id)
        if not at_work:
            console.print("A controller is running already; it goes on with the job.")
            return
        with controller.sweeping():
            _follow_to_its_end(here, job_id, console)


@app.command("doctor")
def doctor_command(
    stack: StackOption = None,
    google: Annotated[
        str | None, typer.Option("--google", hidden=True, help="Where Google's APIs are, each a folder of its name.")
    ] = None,
) -> None:
    """Check what is missing here, or in a deployed stack, and say how to mend it.

    Exits with 1 where something is wrong; what could not be tested is no fault.
    """
    if stack is None:
        checks = diagnose(load_local_settings())
    else:
        # Google's clients take two seconds to load, and only those who deploy need them.
        from controller.stack.doctor.diagnose import diagnose as diagnose_stack  # noqa: PLC0415 - only a stack needs it
        from controller.stack.doctor.google import Endpoints  # noqa: PLC0415 - only a stack needs it
        from controller.stack.outputs import read_stack  # noqa: PLC0415 - only a stack needs it

        checks = diagnose_stack(read_stack(stack), endpoints=Endpoints(google))
    if not report(checks, Console()):
        raise typer.Exit(1)


@app.command("dead-letters")
def dead_letters_command(
    stack: Annotated[str, typer.Option(help="The deployed stack; it has topics with orchestration: pubsub.")] = "dev",
    project: Annotated[
        str | None,
        typer.Option(envvar="PODCAST_PROJECT_ID", help="Its Google Cloud project; as the stack says if absent."),
    ] = None,
    put_back: Annotated[
        bool, typer.Option("--put-back", help="Put them back into their topics, once what kept them is mended.")
    ] = False,
) -> None:
    """List the signals that could not be delivered. They are an alarm only: the sweep moves the episodes anyway."""
    from controller.cli.dead_letters import connect, show  # noqa: PLC0415 - only a stack needs it

    if project is None:
        from controller.stack.outputs import read_stack  # noqa: PLC0415 - only a stack needs it

        deployed = read_stack(stack)
        project, stack = deployed.project, deployed.stack
    letters = connect(project, stack)
    found = letters.put_back() if put_back else letters.listed()
    Console().print(show(found, put_back=put_back))


@app.command("bootstrap")
def bootstrap_command(
    *,
    project: Annotated[str, typer.Option(help="The Google Cloud project that is to be prepared.")],
    region: Annotated[str, typer.Option(help="Where the state bucket and the keys are.")] = "asia-northeast1",
    repository: Annotated[
        str | None, typer.Option(metavar="OWNER/NAME", help="The repository at GitHub that deploys into the project.")
    ] = None,
    repository_id: Annotated[
        int | None, typer.Option(min=1, help="Its number; `gh` is asked for it if absent.")
    ] = None,
    state_bucket: Annotated[
        str | None, typer.Option(metavar="NAME", help="The bucket for Pulumi's state; PROJECT-podcast-state if absent.")
    ] = None,
    preview: Annotated[bool, typer.Option("--preview", help="Show what would be made; make nothing.")] = False,
) -> None:
    """Prepare a Google Cloud project once: state bucket, keys for secrets, and GitHub's way in without a key.

    It may be run again: what is there stays, and what differs is put right.
    """
    from controller.bootstrap.prepare import bootstrap, settings_from  # noqa: PLC0415 - Pulumi and YAML, for those who deploy
    from controller.bootstrap.state_bucket import StateBuckets  # noqa: PLC0415 - Google's client, for those who deploy

    bootstrap(
        settings_from(project, region, repository, repository_id, state_bucket),
        preview=preview,
        connect=StateBuckets.connect,
        environment=os.environ,
        say=typer.echo,
    )


def main() -> None:
    """Runs the command; what went wrong is one line on stderr, never a traceback."""
    try:
        app()
    except PodcastError as error:
        typer.echo(f"{error.message}. {error.advice or ''}".strip(), err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        typer.echo("Stopped. `podcast serve` goes on with what was under way.", err=True)
        sys.exit(130)


@contextmanager
def _desk(stack: str | None) -> Iterator[Desk]:
    if stack is None:
        yield LocalDesk(build_local(load_local_settings(), serving=False))
        return
    with _stack(stack) as desk:
        yield desk


@contextmanager
def _stack(stack: str) -> Iterator[RemoteDesk]:
    with _google_is_installed():
        from controller.stack.opening import open_stack  # noqa: PLC0415 - only a stack needs it
    with open_stack(stack) as desk:
        yield desk


@contextmanager
def _google_is_installed() -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        raise PermanentError(
            f"{error.name} is not installed, and --stack needs it",
            advice="Run `make check` once in the checkout, or: uv pip install -e '.[controller,local]'",
        ) from error


def _follow_to_its_end(desk: Desk, job_id: str, console: Console) -> None:
    (ended,) = follow(desk, [job_id], console)
    if not tell(desk, ended, console):
        raise typer.Exit(1)


def _is_recording(file: Path) -> bool:
    try:
        check_recording(file)
    except PermanentError as error:
        complain(f"{file}: {error.message}. {error.advice or ''}")
        return False
    return True


def _sample() -> Path:
    spec = find_spec("moonshine_voice")
    if spec is None or spec.origin is None:
        raise PermanentError("the speech recognition is not installed", advice="Run: make run")
    return Path(spec.origin).parent / "assets" / "two_cities.wav"
