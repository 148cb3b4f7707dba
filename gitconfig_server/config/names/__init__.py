"""How files are named: applications, profiles, search paths, and what a repository declares of them."""
