"""Forms as a browser without scripts fills and sends them."""

import re
from html.parser import HTMLParser


def words_of(answer, *, status=200):
    """The page's words, with white space made one."""
    assert answer.status_code == status, answer.status_code
    main = answer.content.decode().partition("<main")[2].partition("</main>")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", main.partition(">")[2]))


class _Form(HTMLParser):
    """What the page's main form would send as it stands; its buttons aside."""

    def __init__(self, holds):
        super().__init__()
        self.holds, self.forms, self.select = holds, [], None

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        if tag == "form":
            self.forms.append([])
        elif not self.forms:
            return
        elif tag == "input" and found.get("name") and found.get("type") != "submit":
            is_choice = found.get("type") in {"checkbox", "radio"}
            if not is_choice or "checked" in found:
                self.forms[-1].append((found["name"], found.get("value", "on" if is_choice else "") or ""))
        elif tag == "select":
            self.select = found.get("name")
            self.forms[-1].append((self.select, ""))
        elif tag == "option" and "selected" in found:
            self.forms[-1][-1] = (self.select, found["value"])

    @property
    def fields(self):
        """Of the form with a field that begins with `holds`."""
        (form,) = [one for one in self.forms if any(name.startswith(self.holds) for name, _value in one)]
        return form


def sent_by(answer, *, holds):
    """Field -> values that the page's form with a field `holds…` would send."""
    parser = _Form(holds)
    parser.feed(answer.content.decode())
    sent = {}
    for name, value in parser.fields:
        sent.setdefault(name, []).append(value)
    sent.pop("csrfmiddlewaretoken", None)
    return sent


def post(client, path, answer, *, holds, step="", without=(), **changes):
    """Send the form of `answer` with some fields changed, and others (`without`) left out."""
    data = {name: value for name, value in sent_by(answer, holds=holds).items() if name not in without}
    return client.post(path, data | ({"step": step} if step else {}) | changes.pop("fields", {}) | changes)
