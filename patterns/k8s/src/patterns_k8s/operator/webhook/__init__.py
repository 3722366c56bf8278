"""Admission of OrderProcessors, and the certificate with which its server answers."""
