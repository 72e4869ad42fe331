"""Public addresses of objects in R2."""

from __future__ import annotations

from urllib.parse import quote


def public_base(
    *, bucket: str, endpoint: str, custom_domain: str | None = None, managed_domain: str | None = None
) -> str:
    """Where the bucket is served, without a trailing slash.

    The custom domain if there is one, else R2's own `pub-….r2.dev`. With neither, the path at the S3 endpoint: a server
    without users answers there, R2 itself only to signed requests.

    Args:
        bucket: its name.
        endpoint: of the S3 API.
        custom_domain: such as `podcast.example.com`; an address with a scheme is taken as it is.
        managed_domain: such as `pub-0123.r2.dev`, as the bucket's managed domain says.
    """
    domain = custom_domain or managed_domain
    if not domain:
        return f"{endpoint.rstrip('/')}/{bucket}"
    return (domain if "://" in domain else f"https://{domain}").rstrip("/")


def public_url(base: str, name: str) -> str:
    """The address of one object; what a path may not hold is quoted (RFC 3986, 3.3)."""
    return f"{base.rstrip('/')}/{quote(name, safe='/~!$&()*+,;=:@')}"
