"""The Pulumi program that defines everything in the cloud."""
