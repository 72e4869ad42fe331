"""fetch-job: pins the source at its generation and says what it is, from its headers alone."""
