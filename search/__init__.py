"""A question in, ranked paragraphs out."""
