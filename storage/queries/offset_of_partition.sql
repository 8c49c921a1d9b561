SELECT
    life,
    next_offset,
    flushed_at
FROM instore.ingest_offsets
WHERE topic = %(topic)s AND partition = %(partition)s;
