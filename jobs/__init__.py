"""The four steps, one package each; every one is started as `python -m jobs.STEP`."""
