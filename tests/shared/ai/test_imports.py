from __future__ import annotations

import subprocess
import sys


def test_only_who_asks_for_the_client_loads_googles_library() -> None:
    program = (
        "import sys, shared.ai, shared.ai.vertex.settings, shared.ai.prices; "
        "assert not {'google.genai', 'google.auth', 'google.api_core', 'httpx'} & set(sys.modules), 'too early'; "
        "from shared.ai import VertexAIClient; "
        "assert 'google.genai' in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
