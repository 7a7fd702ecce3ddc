"""`make demo`: the whole site on one machine, with a made-up institution and its SIS."""
