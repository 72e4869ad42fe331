"""What `podcast bootstrap` has Pulumi run."""

from infra.bootstrap.program import main

main()
