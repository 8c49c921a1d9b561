-- These stays, which lie between `first` and `last`. Bounds that are constants spare TimescaleDB what is compressed beside them.
DELETE FROM instore.stays AS stay
USING unnest(%(visit_ids)s::uuid[], %(keys)s::integer[], %(times)s::timestamptz[]) AS gone (visit_id, seq, started_at)
WHERE
    stay.visit_id = gone.visit_id
    AND stay.seq = gone.seq
    AND stay.started_at = gone.started_at
    AND stay.store_id = ANY(%(store_ids)s::text[])
    AND stay.started_at BETWEEN %(first)s::timestamptz AND %(last)s::timestamptz;
