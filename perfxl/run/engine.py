"""What reads the values of cells, imported: for processes to begin with.

The run's own process stays without it: it starts sooner, is small, and has but one thread.
"""

import os

# we multiply no matrices: threads for that would only take memory, and time to start
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pandas  # noqa: F401 - imported to be there
import python_calamine  # noqa: F401 - imported to be there
