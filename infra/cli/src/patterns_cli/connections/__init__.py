"""The main resources of the synthesized templates and what connects them, for the pictures of the architecture."""
