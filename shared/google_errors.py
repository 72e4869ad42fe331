"""What Google's libraries raise, in our words. Used at the edge, by each client of a Google API."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import requests
import urllib3
from google.api_core.exceptions import GoogleAPICallError, RetryError
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError, RefreshError, TransportError
from google.protobuf.json_format import ParseError

from shared.errors import PermanentError, TransientError
from shared.http_errors import error_for_status, reason_of

LOG_IN = "Log in with `gcloud auth application-default login`, or check which service account this runs as."


@contextmanager
def google_errors(doing: str, advice: Mapping[int, str] | None = None) -> Iterator[None]:
    """Translates what is raised inside.

    Args:
        doing: what is tried, to complete "could not …".
        advice: what to do, by HTTP status.
    """
    try:
        yield
    except GoogleAPICallError as error:
        response = error.response
        headers = getattr(response, "headers", None)
        raise error_for_status(
            int(error.code or 0), doing, reason=_said(error), headers=headers, advice={401: LOG_IN} | dict(advice or {})
        ) from error
    except DefaultCredentialsError as error:
        raise PermanentError(f"could not {doing}: there are no Google credentials here", advice=LOG_IN) from error
    except RefreshError as error:
        if may_pass(error):
            raise TransientError(f"could not {doing}: the credentials could not be renewed just now") from error
        raise PermanentError(f"could not {doing}: the credentials were refused", advice=LOG_IN) from error
    except (requests.exceptions.JSONDecodeError, ParseError) as error:
        raise TransientError(
            f"could not {doing}: the answer is not the API's", advice="If this stays, look for a proxy in between."
        ) from error
    except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as error:
        raise TransientError(f"could not {doing}: {reason_of(error)}") from error
    except (TransportError, RetryError, urllib3.exceptions.HTTPError) as error:
        raise TransientError(f"could not {doing}: {reason_of(error)}") from error
    except (requests.RequestException, GoogleAuthError) as error:
        raise PermanentError(f"could not {doing}: {reason_of(error)}", advice="Check the endpoint.") from error


def may_pass(error: RefreshError) -> bool:
    """Whether credentials that could not be renewed now may be renewed later.

    google-auth says so itself for some statuses. It does not where the metadata server of Google's machines could not
    be reached, nor where somebody in between answered with a page.
    """
    page = isinstance(error.args[0] if error.args else None, str) and str(error.args[0]).lstrip().startswith("<")
    return error.retryable or page or isinstance(error.__cause__, TransportError)


def _said(error: GoogleAPICallError) -> str:
    # The library puts method and address before what the server said; the address can hold an upload's key.
    said = re.sub(r"^[A-Z]+ \S+: ", "", error.message or "")
    return "" if said == "unknown error" else said
