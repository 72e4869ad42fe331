"""upload-job: masters the audio and publishes the episode; the only writer of the public bucket."""
