"""What is held about a person: seen, taken along and erased, by themself or by the office on their request."""
