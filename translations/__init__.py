"""The Japanese pages in ``docs/ja/``, held to the English pages that they were made from."""
