"""The static site: a page for the show and one for each episode, readable from any file server."""
