"""What the tests on a cluster share."""

import pytest

from tests.shells import opened


@pytest.fixture
def shell(namespace):
    """An IPython shell with the extension, working on the test's own namespace."""
    with opened() as made:
        yield made
