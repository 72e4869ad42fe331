import pytest
from support_docker import DEPLOYABLES, Docker

SIZES = pytest.StashKey[dict[str, int]]()


@pytest.fixture(scope="session")
def docker(pytestconfig):
    """The daemon, with all five images built."""
    docker = Docker()
    for deployable in DEPLOYABLES:
        docker.build(deployable)
    sizes = {each.target: docker.inspect("image", docker.image(each))["Size"] for each in DEPLOYABLES}
    pytestconfig.stash[SIZES] = {"the base": docker.inspect("image", docker.base)["Size"], **sizes}
    return docker


def pytest_terminal_summary(terminalreporter, config):
    sizes = config.stash.get(SIZES, {})
    if sizes:
        terminalreporter.section("image sizes")
        for name, size in sizes.items():
            terminalreporter.write_line(
                f"{name:12} {size / 1_000_000:4.0f} MB, {size / sizes['the base']:.2f} × the base"
            )
