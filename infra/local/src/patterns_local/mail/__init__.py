"""The mail server of the local platform: takes every mail, delivers none, and keeps each as a file."""
