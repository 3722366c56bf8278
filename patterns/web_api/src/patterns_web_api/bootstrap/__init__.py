"""Where each function is wired, once: settings, adapters, use cases. One module a function, to import no more."""
