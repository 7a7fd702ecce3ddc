"""The Ethos adapter: Banner and Colleague through Ellucian Ethos Integration (docs/reference/ethos.md)."""
