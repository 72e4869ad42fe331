"""`python -m jobs.upload`: publishes one episode."""

import sys

from jobs.job import main
from jobs.upload.step import run
from shared.contract import UPLOAD

if __name__ == "__main__":
    sys.exit(main(UPLOAD, run))
