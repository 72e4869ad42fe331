"""process-job: listens to the pinned source and writes down what it heard."""
