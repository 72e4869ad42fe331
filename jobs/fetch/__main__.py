"""`python -m jobs.fetch`: pins the source at its generation and looks at what it is."""

import sys

from jobs.fetch.step import run
from jobs.job import main
from shared.contract import FETCH

if __name__ == "__main__":
    sys.exit(main(FETCH, run))
