"""Working in batches, so that memory stays bounded whatever the term's size."""

import itertools
from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")


def batched(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Lists of up to `size` items (`itertools.batched` is not in Python 3.11)."""
    iterator = iter(items)
    while batch := list(itertools.islice(iterator, size)):
        yield batch
