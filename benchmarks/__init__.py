"""Every figure that the project states comes from here, as a ratio measured in one run."""
