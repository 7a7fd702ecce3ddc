"""The form of a section, filled in as a browser sends it."""

from html.parser import HTMLParser


class _Form(HTMLParser):
    """Collects what the controls inside the first ``data-editor`` would send, buttons left out."""

    def __init__(self):
        super().__init__()
        self.is_inside, self.found, self.name, self.text = False, {}, "", None

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.is_inside = self.is_inside or "data-editor" in given
        if not self.is_inside:
            return
        if tag == "option" and self.name and (self.name not in self.found or "selected" in given):
            self.found[self.name] = [given.get("value") or ""]
        elif tag in {"input", "textarea", "select"} and "name" in given and "disabled" not in given:
            self._control(tag, given)

    def _control(self, tag, given):
        if tag == "select":
            self.name = given["name"]
        elif tag == "textarea":
            self.name, self.text = given["name"], ""
        elif given.get("type") not in {"checkbox", "radio"} or "checked" in given:
            self.found.setdefault(given["name"], []).append(given.get("value") or "")

    def handle_data(self, data):
        if self.text is not None:
            self.text += data

    def handle_endtag(self, tag):
        if tag == "textarea" and self.text is not None:
            self.found[self.name] = [self.text]
            self.text = None
        if tag in {"textarea", "select"}:
            self.name = ""


def form_of(page):
    """Name -> list of values that the form on the page would send as it stands."""
    reader = _Form()
    reader.feed(page)
    reader.found.pop("csrfmiddlewaretoken", None)
    return reader.found
