"""What can be said of the Dockerfile by reading it. What must be built to be known is in test_images.py."""

import re

import pytest
from support_docker import DEPLOYABLES, REPOSITORY, steps_of

DOCKERFILE = (REPOSITORY / "Dockerfile").read_text()
STAGES = dict(re.findall(r"^FROM \S+ AS (\S+)$(.*?)(?=^FROM |\Z)", DOCKERFILE, re.MULTILINE | re.DOTALL))


@pytest.mark.parametrize("deployable", DEPLOYABLES, ids=lambda each: each.target)
def test_every_step_of_the_contract_has_a_stage_that_runs_its_module(deployable):
    assert deployable.target in STAGES, f"the Dockerfile needs a stage `FROM runtime AS {deployable.target}`"
    entry = f'"-m", "{deployable.step.module}"' if deployable.step else '"controller.wsgi:create()"'
    assert entry in STAGES[deployable.target]


def test_no_stage_is_left_of_a_step_that_is_gone():
    stages = {"installer", "runtime"}
    for deployable in DEPLOYABLES:
        stages |= {deployable.target, f"{deployable.extra}-dependencies"}
    assert set(STAGES) == stages


def test_the_dockerfile_asks_no_registry_for_its_own_syntax():
    assert not re.search(r"^#\s*syntax\s*=", DOCKERFILE, re.MULTILINE)


def test_a_step_of_a_build_is_told_from_a_cached_one_and_an_installing_one_from_one_that_copies():
    log = (
        "#1 [internal] load build definition from Dockerfile\n#1 DONE 0.0s\n"
        "#4 [fetch-dependencies 2/2] RUN python3 -m pip install\n#4 CACHED\n"
        "#5 [fetch-job 2/5] COPY shared shared\n#5 DONE 0.1s\n"
    )
    steps = steps_of(log)
    assert [(step.installs, step.cached) for step in steps] == [(True, True), (False, False)]
