"""The five images, built and started as Cloud Run would: a number for a user, and nothing to write to but /tmp."""

import json
import re
import tomllib
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from support_audio import sample_path
from support_docker import CONTEXT, DEPLOYABLES, LOCKED_DOWN, REPOSITORY

pytestmark = [pytest.mark.images, pytest.mark.filterwarnings("default::ResourceWarning")]
JOBS = [each for each in DEPLOYABLES if each.step]
USER = 65532
JOB_ID = "6f2c5a34-0000-5000-8000-000000000000"
every_image = pytest.mark.parametrize("deployable", DEPLOYABLES, ids=lambda each: each.target)
every_job = pytest.mark.parametrize("deployable", JOBS, ids=lambda each: each.target)
NEEDED_BY = {
    "controller.bootstrap": {"infra"},
    "controller.check": {"local"},
    "controller.cli": {"local"},
    "controller.local": {"local"},
    "controller.runner.subprocess": {"local"},
    "controller.stack": {"infra"},
    "controller.watch": {"local"},
    "jobs.process.local": {"local"},
    "shared.ai.vertex": {"process"},
    "shared.cdn": {"upload"},
    "shared.secrets": {"upload", "notify"},
}
"""Parts of the code whose libraries only these extras bring: clients of a few steps, and tools for a laptop or for
whoever deploys."""
IN_A_STACK = tuple(
    f"--env={name}={value}"
    for name, value in {
        "PODCAST_BACKEND": "cloud",
        "PODCAST_PROJECT_ID": "a-project",
        "PODCAST_INPUT_BUCKET": "input",
        "PODCAST_WORK_BUCKET": "work",
        "PODCAST_PUBLIC_URL": "https://listen.example",
        "PODCAST_STACK": "dev",
        "PODCAST_REGION": "asia-northeast1",
        "PODCAST_ORCHESTRATION": "sequential",
        "PODCAST_SLOTS": "1",
        "PODCAST_STEP_TIMEOUTS": "{}",
        "PODCAST_CALLERS": '{"events": [], "sweep": [], "signals": []}',
        # Nobody listens there, and nothing is asked of anybody.
        "PODCAST_GCS_ENDPOINT": "http://127.0.0.1:1",
        "PODCAST_RUN_ENDPOINT": "http://127.0.0.1:1",
        "NO_GCE_CHECK": "true",
    }.items()
)
"""What infra tells the controller, with no cloud behind it."""
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]


@every_job
def test_a_job_explains_its_arguments(docker, deployable):
    process = docker.run(docker.image(deployable), "--help")
    assert process.returncode == 0, process.stderr
    assert process.stdout.startswith(f"usage: {deployable.target}")
    for field in deployable.step.arguments.model_fields:
        assert f"--{field.replace('_', '-')}" in process.stdout


@every_job
def test_a_job_refuses_a_wrong_command_line_as_it_does_on_a_laptop(docker, deployable):
    process = docker.run(docker.image(deployable), f"--job-id={JOB_ID}", "--no-such-option=1")
    assert (process.returncode, process.stdout) == (2, "")
    assert "no-such-option" in process.stderr


@every_image
def test_an_image_runs_as_a_number_that_is_not_root(docker, deployable):
    image = docker.image(deployable)
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", docker.inspect("image", image)["Config"]["User"])
    ids = docker.python(
        image, "import os, json; print(json.dumps([*os.getresuid(), *os.getresgid(), *os.getgroups()]))"
    )
    assert 0 not in ids


@every_image
def test_an_image_is_for_cloud_run(docker, deployable):
    known = docker.inspect("image", docker.image(deployable))
    assert (known["Os"], known["Architecture"]) == ("linux", "amd64")


@every_image
def test_a_process_can_change_nothing_that_it_runs(docker, deployable):
    changeable = docker.python(
        docker.image(deployable),
        """if True:
        import json, os
        found = []
        for top in ("/app", "/venv"):
            for folder, _, files in os.walk(top):
                for path in (folder, *(os.path.join(folder, name) for name in files)):
                    if os.stat(path).st_uid != 0 or os.stat(path).st_mode & 0o022:
                        found.append(path)
        print(json.dumps(found))""",
    )
    assert changeable == []


@every_image
def test_an_image_has_nothing_to_compile_with(docker, deployable):
    found = docker.python(
        docker.image(deployable),
        """if True:
        import glob, json, os
        names = "cc c++ gcc* g++* cpp* clang* ld ld.bfd ld.gold ld.lld as make cmake ninja rustc cargo go".split()
        folders = [*os.environ["PATH"].split(":"), "/usr/lib/gcc/*/*"]
        print(json.dumps([hit for each in folders for name in names for hit in glob.glob(f"{each}/{name}")]))""",
    )
    assert found == []


@every_image
def test_an_image_holds_no_cache_and_no_installer_beside_its_packages(docker, deployable):
    # As root, who sees every folder.
    code = """if True:
        import glob, json, os.path
        own = os.path.expanduser("~root/.cache")
        places = (own, "/tmp/*", "/var/cache/apt/archives/*.deb", "/venv/bin/pip*", "/requirements")
        print(json.dumps([hit for place in places for hit in glob.glob(place)]))"""
    assert docker.python(docker.image(deployable), code, user="0") == []


@every_image
def test_an_image_has_the_packages_of_its_own_extra_as_locked_and_no_others(docker, deployable):
    image = docker.image(deployable)
    python, installed = docker.python(
        image,
        """if True:
        import importlib.metadata, json, platform
        found = importlib.metadata.distributions(path=[__import__("site").getsitepackages()[0]])
        print(json.dumps([platform.python_version(), {each.name: each.version for each in found}]))""",
    )
    assert python in SpecifierSet(PROJECT["requires-python"])
    here = {"python_full_version": python, "python_version": ".".join(python.split(".")[:2])}
    lock = (REPOSITORY / "requirements" / f"{deployable.extra}.txt").read_text()
    locked = [Requirement(line.rstrip(" \\")) for line in lock.splitlines() if re.match(r"[a-z0-9]", line)]
    expected = {each.name: str(each.specifier) for each in locked if not each.marker or each.marker.evaluate(here)}
    assert {_normal(name): f"=={version}" for name, version in installed.items()} == expected


@every_image
def test_an_image_holds_the_code_of_its_own_deployable_and_no_other(docker, deployable):
    packages = docker.python(
        docker.image(deployable),
        """if True:
        import json, os
        print(json.dumps({top: sorted(each for each in os.listdir(f"/app/{top}")
                                      if os.path.isdir(f"/app/{top}/{each}") and each != "__pycache__")
                          for top in sorted(os.listdir("/app"))}))""",
    )
    assert tuple(packages) == deployable.packages
    if deployable.step:
        assert packages["jobs"] == [deployable.step.name]


@every_image
def test_every_module_of_the_deployable_finds_what_it_imports(docker, deployable):
    missing = docker.python(
        docker.image(deployable),
        """if True:
        import importlib, json, pkgutil, sys
        packages, elsewhere = json.loads(sys.argv[1])
        failed = {}
        for package in packages:
            for each in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
                if each.name.endswith("__main__") or any(f"{each.name}.".startswith(f"{part}.") for part in elsewhere):
                    continue
                try:
                    importlib.import_module(each.name)
                except ImportError as error:
                    failed[each.name] = str(error)
        print(json.dumps(failed))""",
        json.dumps(
            [
                ["shared", f"jobs.{deployable.extra}" if deployable.step else "controller"],
                [part for part, extras in NEEDED_BY.items() if deployable.extra not in extras],
            ]
        ),
    )
    assert missing == {}


@every_image
def test_all_code_is_compiled_already_since_nobody_can_write_bytecode_later(docker, deployable):
    missing = docker.python(
        docker.image(deployable),
        """if True:
        import glob, importlib.util, json, os
        sources = glob.glob("/app/**/*.py", recursive=True)
        assert sources
        print(json.dumps([each for each in sources if not os.path.exists(importlib.util.cache_from_source(each))]))""",
    )
    assert missing == []


@every_image
def test_nothing_of_the_build_machine_reaches_an_image(docker, deployable):
    image = docker.image(deployable)
    base = docker.layers(docker.base)
    builder = docker.layers(docker.builder)
    assert docker.layers(image)[: len(base)] == base
    assert len(builder) > len(base)
    assert not set(builder[len(base) :]) & set(docker.layers(image))
    settings = 'import json, glob; print(json.dumps(glob.glob("/etc/pip.conf") + glob.glob("/venv/pip.conf")))'
    assert docker.python(image, settings) == []


def test_only_what_the_allow_list_names_is_handed_to_a_build(docker, tmp_path):
    everything = tmp_path / "Dockerfile"
    everything.write_text("ARG BASE\nFROM ${BASE}\nCOPY . /context\n")
    image = docker.image(DEPLOYABLES[0]) + "-context"
    docker.ask(
        "build", "--quiet", f"--build-arg=BASE={docker.base}", f"--file={everything}", f"--tag={image}", REPOSITORY
    )
    found = docker.python(
        image,
        """if True:
        import json, os
        print(json.dumps([sorted(os.listdir("/context")),
                          [name for _, folders, files in os.walk("/context") for name in (*folders, *files)
                           if name == "__pycache__" or name.endswith(".pyc") or name == "dev.txt"]]))""",
    )
    assert found == [list(CONTEXT), []]


def test_an_episode_is_fetched_published_and_announced_by_the_images(docker):
    recording = {"input/beckett.wav": sample_path("beckett").read_bytes()}
    with docker.volume(recording, owner=USER) as volume:

        def run(target: str, **arguments: str) -> dict[str, Any]:
            deployable = next(each for each in JOBS if each.target == target)
            mounted = (*LOCKED_DOWN, f"--volume={volume}:/tmp/podcast", "--env=PODCAST_DATA=/tmp/podcast")
            words = [f"--{name.replace('_', '-')}={value}" for name, value in arguments.items()]
            process = docker.run(docker.image(deployable), f"--job-id={JOB_ID}", *words, options=mounted)
            assert process.returncode == 0, process.stderr + process.stdout
            result: dict[str, Any] = json.loads(process.stdout)
            return result

        fetched = run("fetch-job", bucket="input", object_name="beckett.wav", output_path="/tmp/podcast/pinned.wav")
        metadata = {"title": "Krapp", "summary": "Tape", "transcript": "words", "duration_seconds": 9.9, "keywords": []}
        published = run("upload-job", audio_file=fetched["local_file"], metadata_json=json.dumps(metadata))
        told = run("notify-job", status="completed", message="Krapp", output_url=published["audio_url"])

        assert fetched["codec"] == "pcm_s16le"
        assert docker.file_in(volume, f"public/podcasts/{JOB_ID}/audio.mp3")[:3] == b"ID3"
        assert b"<title>Krapp</title>" in docker.file_in(volume, "public/feed.rss")
        assert told["notification_sent"] is True


def test_process_job_finds_the_speech_in_a_recording_with_what_its_image_holds(docker):
    deployable = next(each for each in JOBS if each.extra == "process")
    code = """if True:
        from jobs.process.listen import find_speech
        with open("/tmp/data/beckett.wav", "rb") as source:
            print(len(find_speech(source, "beckett.wav", 1.0, 9.96, lambda seconds: None).spans))"""
    with docker.volume({"beckett.wav": sample_path("beckett").read_bytes()}, owner=USER) as volume:
        options = (*LOCKED_DOWN, f"--volume={volume}:/tmp/data:ro", "--entrypoint=python")
        process = docker.run(docker.image(deployable), "-c", code, options=options)
    assert int(process.stdout or 0) > 0, process.stderr


@pytest.fixture
def controller(docker):
    image = docker.image(DEPLOYABLES[0])
    options = ("--cap-drop=ALL", "--env=PORT=9090", *IN_A_STACK)
    with docker.container(image, *options, until="Listening at") as container:
        yield container


def test_the_controller_answers_its_health_check_at_the_port_it_is_given(docker, controller):
    answer = docker.ask("exec", controller, "python", "-c", _get("http://127.0.0.1:9090/health"))
    assert json.loads(answer) == {"status": "ok"}


def test_the_controller_listens_to_every_address_since_probes_come_from_outside(docker, controller):
    assert "Listening at: http://0.0.0.0:9090" in docker.logs(controller)


def test_the_controller_writes_nowhere_but_tmp(docker, controller):
    docker.ask("exec", controller, "python", "-c", _get("http://127.0.0.1:9090/health"))
    assert docker.ask("diff", controller) == ""


def test_the_controller_serves_with_a_read_only_root(docker):
    image = docker.image(DEPLOYABLES[0])
    with docker.container(image, "--read-only", "--cap-drop=ALL", *IN_A_STACK, until="Listening at") as container:
        assert json.loads(docker.ask("exec", container, "python", "-c", _get("http://127.0.0.1:8080/health")))


def test_the_controller_leaves_in_order_when_it_is_told_to(docker, controller):
    docker.ask("stop", "--time=60", controller)
    assert docker.inspect("container", controller)["State"]["ExitCode"] == 0


@every_image
def test_a_changed_line_of_code_installs_nothing_again(docker, deployable, tmp_path):
    context = docker.context(tmp_path / "context")
    docker.build(deployable, context)
    before = docker.layers(docker.image(deployable))
    with (context / "shared" / "errors.py").open("a") as code:
        code.write("\n# one more line\n")

    steps = docker.build(deployable, context)

    installing = [step for step in steps if step.installs]
    assert installing
    assert [step.name for step in installing if not step.cached] == []
    assert any(not step.cached for step in steps), "the change was not noticed"
    after = docker.layers(docker.image(deployable))
    dependencies = len(docker.layers(docker.base)) + 2  # the working folder, then /venv
    assert after[:dependencies] == before[:dependencies]
    assert after != before


def _get(url: str) -> str:
    return f"import urllib.request; print(urllib.request.urlopen({url!r}).read().decode())"


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
