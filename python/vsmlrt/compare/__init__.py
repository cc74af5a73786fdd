"""Looking at what came out: two videos side by side, and how near each is to a third."""
