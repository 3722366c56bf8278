"""The subcommands of `patterns`, one module for each group; nothing heavy is imported until a command runs."""
