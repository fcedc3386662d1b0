"""Documents in, an index out."""

import os

# Large arrays are filled from the front and often not to the end: huge pages take more memory than
# is used, and where a virtual machine gives free memory back to its host, they are what it took (a
# million paragraphs: 4.7 s with them, 4.3 without). numpy reads this when it is first imported.
os.environ.setdefault("NUMPY_MADVISE_HUGEPAGE", "0")
