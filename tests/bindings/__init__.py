"""What each language's binding promises beside the behaviour that all share."""
