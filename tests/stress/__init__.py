"""What vectors cannot force: many instances, many parked calls, real processes."""
