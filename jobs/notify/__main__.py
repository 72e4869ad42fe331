"""`python -m jobs.notify`: tells people how it ended."""

import sys

from jobs.job import main
from jobs.notify.step import run
from shared.contract import NOTIFY

if __name__ == "__main__":
    sys.exit(main(NOTIFY, run))
