"""Other repositories: fetching from them, pushing to them."""
