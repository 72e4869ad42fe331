"""Who this program is, in a form that Cloud Run's IAM believes: an OIDC token from the metadata server.

Source: https://cloud.google.com/run/docs/securing/service-identity#identity_tokens
"""

from __future__ import annotations

from google.auth.transport.requests import Request
from google.oauth2.id_token import fetch_id_token

from shared.google_errors import google_errors


def identity_token(audience: str) -> str:
    """A token of the service account that this runs as, good for an hour, for one audience.

    Raises:
        PermanentError: there is no account here.
        TransientError: the metadata server did not answer.
    """
    with google_errors("find out which service account this runs as"):
        return str(fetch_id_token(Request(), audience))
