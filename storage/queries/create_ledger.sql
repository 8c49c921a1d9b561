-- The schema and the ledger of its migrations: all that is made outside a migration.
CREATE SCHEMA IF NOT EXISTS instore;

CREATE TABLE IF NOT EXISTS instore.schema_migrations (
    name text PRIMARY KEY,
    sha256 text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);

COMMENT ON TABLE instore.schema_migrations IS 'The migrations applied to this database, written by instore migrate.';
COMMENT ON COLUMN instore.schema_migrations.name IS 'Name of the migration''s file, without .sql.';
COMMENT ON COLUMN instore.schema_migrations.sha256 IS 'SHA-256 of its bytes, in hexadecimal: an applied file must not change.';
COMMENT ON COLUMN instore.schema_migrations.applied_at IS 'When it was applied.';
