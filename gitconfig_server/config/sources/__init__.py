"""The sources of an application: which there are, and where one stands."""
