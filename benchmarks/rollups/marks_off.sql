-- A writer that marks nothing.
CREATE OR REPLACE FUNCTION instore_kept.mark(changed text, store_ids text[], times timestamptz[]) RETURNS void
LANGUAGE sql
AS 'SELECT';
