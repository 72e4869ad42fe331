"""Reads what a store keeps as JSON. What was damaged is named, and one damaged object is not the whole store."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from shared.errors import Damaged, reasons_of
from shared.storage.protocol import ObjectStore

Model = TypeVar("Model", bound=BaseModel)


def read_document(store: ObjectStore, name: str, kind: type[Model]) -> tuple[Model, str]:
    """The object's content as a model, and the version that was read.

    Raises:
        NotFound: there is no such object.
        Damaged: it is no JSON of that kind; says where it lies and what is wrong with it.
    """
    content, info = store.read(name)
    try:
        return kind.model_validate_json(content), info.version
    except ValidationError as error:
        where = store.location(name)
        raise Damaged(
            f"{where} is damaged: {reasons_of(error)}",
            advice=f"Put an earlier version of it back: `gcloud storage ls --all-versions {where}` lists them."
            if where.startswith("gs://")
            else "Put a copy of it back, or remove it: what it held is lost then.",
        ) from error
