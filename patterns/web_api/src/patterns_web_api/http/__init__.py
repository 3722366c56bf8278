"""The HTTP side of the API: routes translate, one table maps errors to problem documents."""
