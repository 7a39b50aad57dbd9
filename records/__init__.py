"""What people sign: change records and the life of each version, as files that a review shows, read strictly."""
