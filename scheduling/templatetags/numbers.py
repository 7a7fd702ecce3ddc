"""Numbers as the pages write them."""

from django import template

register = template.Library()


@register.filter
def grouped(number: int) -> str:
    """A whole number with its thousands apart: ``1,951``."""
    return f"{number:,}"
