"""A step that leaves its command line in a file, and nothing else."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

if __name__ == "__main__":
    Path(os.environ["PODCAST_DATA"], "told.json").write_text(json.dumps(sys.argv[1:]), "utf-8")
