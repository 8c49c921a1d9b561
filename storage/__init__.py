"""Where journeys are kept: schema, writer, restore, embedded PostgreSQL."""
