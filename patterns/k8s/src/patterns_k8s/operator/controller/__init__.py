"""Brings the cluster to what is declared: one control loop for each OrderProcessor."""
