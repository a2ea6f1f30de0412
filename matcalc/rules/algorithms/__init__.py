"""Rules that are no lines, each with the reason why: what they look for has no fixed form."""
