-- How many readings have come in all, and how many visits of a store may still change.
SELECT
    (SELECT coalesce(sum(received), 0)::bigint FROM instore.ingest_counts),
    (SELECT count(*) FROM instore.visits WHERE store_id = %(store_id)s AND NOT is_final);
