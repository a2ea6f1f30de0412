"""From the network to programs: passes that keep digits and save time, orders of products, steps and costs."""
