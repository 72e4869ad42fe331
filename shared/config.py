"""Settings: which backend runs, and where its parts are. `PODCAST_BACKEND` picks the class, the class builds the parts.

Nothing here reads the environment at import time; a program's entry point calls `load_settings` once.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Protocol

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.cloud_config import load_cloud_settings
from shared.errors import NotFound, PermanentError
from shared.show import ShowSettings, load_show
from shared.signals import PostedSignals, Signals
from shared.storage import FolderStore, ObjectStore, PublicStore, dropped_by_people

BACKEND_VARIABLE = "PODCAST_BACKEND"


class Settings(Protocol):
    """What a step or the controller may ask of its backend."""

    @property
    def ai(self) -> str:
        """Which analyst listens: `local` or `vertex`."""
        ...

    @property
    def public_url(self) -> str:
        """Where the public bucket is served, without a trailing slash."""
        ...

    @property
    def stack(self) -> str | None:
        """What people call the deployed stack in a command; None on a laptop."""
        ...

    @property
    def dashboard_url(self) -> str | None:
        """Where people open the dashboard, without a trailing slash; None where a command opens it."""
        ...

    def signals(self) -> Signals | None:
        """How a finished step tells the controller; None where nobody waits for it."""
        ...

    def discord_webhook(self) -> str | None:
        """The address of the Discord webhook, a secret; None where nobody set one."""
        ...

    @property
    def console_is_read(self) -> bool:
        """Whether somebody sits before the console of the programs."""
        ...

    @property
    def input(self) -> ObjectStore:
        """Where recordings are dropped."""
        ...

    @property
    def work(self) -> ObjectStore:
        """Records, results, checkpoints and the catalogue: see shared/workspace.py."""
        ...

    @property
    def public(self) -> PublicStore:
        """What listeners see. Only upload-job writes it."""
        ...

    def show(self) -> ShowSettings:
        """The show's settings, read anew: people edit them while the program runs."""
        ...

    def show_file(self, name: str) -> bytes:
        """A file that the show's settings name, such as its cover. Raises NotFound."""
        ...

    def bucket(self, name: str) -> ObjectStore:
        """The bucket called `name`. Raises NotFound."""
        ...

    def find(self, location: str) -> tuple[ObjectStore, str]:
        """The store and the name in it that a path or a `gs://` URI stands for."""
        ...


class LocalSettings(BaseSettings):
    """Everything on one machine, under one folder; no account and no key."""

    model_config = SettingsConfigDict(env_prefix="PODCAST_", frozen=True, extra="ignore")

    backend: Literal["local"] = "local"
    data: Path = Field(default=Path("local"), description="the folder that holds input/, work/ and public/")
    ai: Literal["local", "vertex"] = "local"
    port: int = Field(default=8080, ge=1, le=65535, description="where the controller listens on 127.0.0.1")
    public_base: str | None = Field(
        default=None,
        pattern=r"^https?://",
        description="where the public folder is served, if not by the controller",
    )
    signal_url: str | None = Field(default=None, description="set by the controller for the jobs that it starts")
    discord_webhook_url: SecretStr | None = Field(
        default=None, description="the Discord webhook that hears how episodes end; the console does if absent"
    )
    slots: int = Field(default=1, ge=1, le=64, description="episodes that may be under way at once")
    settle_seconds: float = Field(
        default=2.0, gt=0, description="how long a dropped file must stay unchanged before it counts as whole"
    )

    @property
    def public_url(self) -> str:
        """Where the public folder is served, without a trailing slash."""
        return (self.public_base or f"http://127.0.0.1:{self.port}/site").rstrip("/")

    @property
    def stack(self) -> None:
        """There is none."""
        return

    @property
    def dashboard_url(self) -> str:
        """Where the controller of this machine listens."""
        return f"http://127.0.0.1:{self.port}"

    def signals(self) -> PostedSignals | None:
        """How a finished step tells the controller of this machine."""
        return PostedSignals(self.signal_url) if self.signal_url else None

    def discord_webhook(self) -> str | None:
        """The address of the Discord webhook."""
        return self.discord_webhook_url.get_secret_value() if self.discord_webhook_url else None

    @property
    def console_is_read(self) -> bool:
        """Somebody started the controller there."""
        return True

    @property
    def input(self) -> FolderStore:
        """Where recordings are dropped."""
        return FolderStore(self.data / "input", generation=dropped_by_people)

    @property
    def work(self) -> FolderStore:
        """Records, results, checkpoints and the catalogue."""
        return FolderStore(self.data / "work")

    @property
    def public(self) -> FolderStore:
        """What listeners see."""
        return FolderStore(self.data / "public")

    def show(self) -> ShowSettings:
        """The settings in `$PODCAST_DATA/show.toml`, the defaults without one."""
        return load_show(self.data)

    def show_file(self, name: str) -> bytes:
        """A file beside `show.toml`."""
        return FolderStore(self.data).read(name)[0]

    def bucket(self, name: str) -> FolderStore:
        """The folder called `name` under `$PODCAST_DATA`."""
        stores = {store.bucket: store for store in (self.input, self.work, self.public)}
        if name not in stores:
            raise NotFound(
                f"there is no bucket {name!r} under {self.data}",
                advice=f"On a laptop the bucket is called {self.input.bucket!r}.",
            )
        return stores[name]

    def to_environment(self) -> dict[str, str]:
        """The variables that make another process read these very settings, whatever its working folder."""
        values = self.model_dump(mode="json", exclude_none=True) | {"data": str(self.data.absolute())}
        if (webhook := self.discord_webhook()) is not None:
            values["discord_webhook_url"] = webhook  # a dump masks it
        return {_variable(name): str(value) for name, value in values.items()}

    def find(self, location: str) -> tuple[FolderStore, str]:
        """The folder and file name of a path."""
        if location.startswith("gs://"):
            raise PermanentError(
                f"{location} lies in the cloud, and PODCAST_BACKEND is local",
                advice="Give a path, or set PODCAST_BACKEND=cloud.",
            )
        path = Path(location)
        return FolderStore(path.parent), path.name


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings that the environment asks for, of the backend that it names.

    Raises:
        PermanentError: a variable has a wrong value; names the variable, the value and the reason.
    """
    environment = os.environ if environment is None else environment
    if environment.get(BACKEND_VARIABLE) == "cloud":
        return load_cloud_settings(environment)
    return load_local_settings(environment)


def load_local_settings(environment: Mapping[str, str] | None = None) -> LocalSettings:
    """The settings of this machine, for programs that run nowhere else.

    Raises:
        PermanentError: a variable has a wrong value, or another backend is asked for.
    """
    environment = os.environ if environment is None else environment
    backend = environment.get(BACKEND_VARIABLE) or "local"
    if backend != "local":
        raise PermanentError(
            f"{BACKEND_VARIABLE} is {backend!r}, and this program knows only 'local'",
            advice=f"Unset {BACKEND_VARIABLE}.",
        )
    names = {_variable(name): name for name in LocalSettings.model_fields}
    values = {names[key]: value for key, value in environment.items() if key in names}
    try:
        return LocalSettings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        variable = _variable(str(first["loc"][0]))
        raise PermanentError(
            f"{variable} is {first['input']!r}: {first['msg']}", advice=f"Correct or unset {variable}."
        ) from error


def _variable(field: str) -> str:
    return f"PODCAST_{field.upper()}"
