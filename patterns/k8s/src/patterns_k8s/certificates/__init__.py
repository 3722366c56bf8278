"""The certificate of the admission webhook: renewed before it ends, while admission requests are answered."""
