"""The measurement behind `make bench`: Passage beside its peers, in one run."""
