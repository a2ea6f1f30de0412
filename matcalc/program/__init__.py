"""From the network to programs: passes that keep digits and save time, orders of products, and steps with their costs."""
