"""A step that does as its first word says, run like any other step."""

from __future__ import annotations

import sys
import threading

from jobs.job import JobContext, main
from shared.contract import NOTIFY, NotifyArguments, NotifyResult
from shared.errors import PermanentError, TransientError
from shared.models import Cost


def run(arguments: NotifyArguments, context: JobContext) -> NotifyResult:
    context.progress(0.5, "half way")
    match sys.argv[1]:
        case "refuse":
            raise PermanentError("it cannot be", advice="change it")
        case "wait":
            raise TransientError("not now", retry_after=7.0)
        case "hang":
            print("hanging", file=sys.stderr, flush=True)
            threading.Event().wait()
        case "pay":
            context.paid.append(Cost(model="a-model", usd=0.25))
            raise TransientError("paid for nothing")
        case "crash":
            raise ZeroDivisionError("a defect")
        case "garble":
            said = "what only listeners may hear"
            NotifyResult.model_validate({"job_id": "j", "notification_sent": said})
    return NotifyResult(job_id=arguments.job_id, notification_sent=True)


if __name__ == "__main__":
    sys.exit(main(NOTIFY, run, sys.argv[2:]))
