"""The documentation site: the repository's pages as they are, with a reference made from the code."""
