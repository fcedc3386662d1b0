"""A columnar codec: a segment is one file of little-endian arrays, memory-mapped."""
