"""`python -m jobs.process`: listens to the pinned source and writes down what it heard."""

import sys

from jobs.job import main
from jobs.process.step import run
from shared.contract import PROCESS

if __name__ == "__main__":
    sys.exit(main(PROCESS, run))
