# Five images from one file: controller, fetch-job, process-job, upload-job, notify-job (`--target`).
# Each has a Python, the locked dependencies of its own extra in /venv and its own code in /app, and nothing to build with.
# Dependencies are layers below the code: a changed line of code never installs anything again.

# What the images stand on.
ARG BASE=python:3.13-slim-trixie
# What installs the dependencies. The same, unless a build machine's network asks for certificates of its own: those may
# be in this one, of which only /venv is copied, and never in an image that is shipped.
ARG BUILDER=${BASE}

FROM ${BUILDER} AS installer
# Wheels only, as hashed in the lock: nothing is compiled, so no compiler is missed.
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_NO_DEPS=1 \
    PIP_ONLY_BINARY=:all: \
    PIP_REQUIRE_HASHES=1 \
    PIP_ROOT_USER_ACTION=ignore
WORKDIR /requirements
RUN python3 -m venv --without-pip /venv

FROM installer AS controller-dependencies
COPY requirements/controller.txt .
RUN python3 -m pip --python /venv/bin/python install --requirement controller.txt

FROM installer AS fetch-dependencies
COPY requirements/fetch.txt .
RUN python3 -m pip --python /venv/bin/python install --requirement fetch.txt

FROM installer AS process-dependencies
COPY requirements/process.txt .
RUN python3 -m pip --python /venv/bin/python install --requirement process.txt

FROM installer AS upload-dependencies
COPY requirements/upload.txt .
RUN python3 -m pip --python /venv/bin/python install --requirement upload.txt

FROM installer AS notify-dependencies
COPY requirements/notify.txt .
RUN python3 -m pip --python /venv/bin/python install --requirement notify.txt

# Bytecode is compiled while the image is built, since nobody can write it later: the code belongs to root, the process
# is a number without a name or a home, and the root file system may be read-only. Only /tmp is for writing.
FROM ${BASE} AS runtime
ENV HOME=/tmp \
    PATH=/venv/bin:${PATH} \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONPATH=/app \
    PYTHONUNBUFFERED=1
WORKDIR /app

FROM runtime AS controller
COPY --from=controller-dependencies /venv /venv
COPY shared shared
COPY controller controller
RUN ["python", "-m", "compileall", "-q", "."]
USER 65532:65532
ENV PORT=8080
# One process that answers in threads: Cloud Run scales by instances, and waits for requests without a time limit of ours.
# It sends one instance 40 requests at once (infra/controller_service.py); the others are for its looks at /health.
ENTRYPOINT ["gunicorn", "--worker-class=gthread", "--threads=48", "--timeout=0", "--no-control-socket", "controller.wsgi:create()"]

FROM runtime AS fetch-job
COPY --from=fetch-dependencies /venv /venv
COPY shared shared
COPY jobs/*.py jobs/
COPY jobs/fetch jobs/fetch
RUN ["python", "-m", "compileall", "-q", "."]
USER 65532:65532
ENTRYPOINT ["python", "-m", "jobs.fetch"]

FROM runtime AS process-job
COPY --from=process-dependencies /venv /venv
COPY shared shared
COPY jobs/*.py jobs/
COPY jobs/process jobs/process
RUN ["python", "-m", "compileall", "-q", "."]
USER 65532:65532
ENTRYPOINT ["python", "-m", "jobs.process"]

FROM runtime AS upload-job
COPY --from=upload-dependencies /venv /venv
COPY shared shared
COPY jobs/*.py jobs/
COPY jobs/upload jobs/upload
RUN ["python", "-m", "compileall", "-q", "."]
USER 65532:65532
ENTRYPOINT ["python", "-m", "jobs.upload"]

FROM runtime AS notify-job
COPY --from=notify-dependencies /venv /venv
COPY shared shared
COPY jobs/*.py jobs/
COPY jobs/notify jobs/notify
RUN ["python", "-m", "compileall", "-q", "."]
USER 65532:65532
ENTRYPOINT ["python", "-m", "jobs.notify"]
