"""The OneRoster service under test: the hands that the kit leads it by."""

from integration.sis.oneroster.adapter import OneRosterAdapter
from integration.sis.oneroster.address import Address
from tandem_conformance.sis_under_test import not_asked
from tests.oneroster.oneroster_server import KEY, Server


class OneRosterSis:
    """`SisUnderTest`, `FaultySis` and `PagingSis`."""

    fixed_fields = frozenset({"status"})  # a class is there or it is not

    def __init__(self):
        self.server = Server()
        self.service = self.server.service
        self.opened = []
        self.adapter = self.again()

    def renew(self):
        """As it was at first."""
        self.server.renew()
        self.service = self.server.service
        self.adapter = self.again()

    def again(self):
        address = Address.parse(self.server.url, key=KEY)
        self.opened.append(OneRosterAdapter(address=address, per_second=100_000))
        return self.opened[-1]

    def close(self):
        for adapter in self.opened:
            adapter.close()
        self.server.close()

    def change(self, sis_id, **fields):
        self.service.sections[sis_id].update(fields)

    def remove(self, sis_id):
        del self.service.sections[sis_id]

    def add(self, sis_id):
        self.service.sections[sis_id] = dict(self.service.sections["S002"])

    def let_time_pass(self):
        pass

    def writes(self):
        asked = [(method, path) for method, path, _query in self.service.requests if path != "/oauth/token"]
        return [(method, path, "", "") for method, path in asked if method != "GET"]

    def take_away(self):
        self.server.close()

    def spoil(self):
        self.service.garbled = True

    def cut_short(self):
        self.service.short = 1

    def between_pages(self, work):
        self.service.between_pages = work

    def fail(self, fault, operation):
        if operation != "READ":
            not_asked("it declares no writes")
        if fault == "empty_read":
            self.service.empty = True
        else:
            self.service.fault = (fault, 1)
