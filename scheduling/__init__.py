"""Terms, courses, sections, relationships, users and roles."""
