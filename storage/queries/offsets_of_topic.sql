SELECT
    partition,
    life,
    next_offset,
    flushed_at,
    removed::text[],
    retracted::text
FROM instore.ingest_offsets
WHERE topic = %(topic)s
ORDER BY partition;
