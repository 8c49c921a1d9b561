-- On TimescaleDB a job of its own does this, as the owner of the tables.
SELECT CASE WHEN instore.timescale_schema() IS NULL THEN instore.retain(%(at_most)s) ELSE 0 END;
