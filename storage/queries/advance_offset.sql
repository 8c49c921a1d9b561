-- A later flush of a partition, by compare-and-set: no row comes back where another worker has moved it, or its topic is another one.
UPDATE instore.ingest_offsets
SET next_offset = %(next_offset)s, flushed_at = now(), removed = %(removed)s::uuid[], retracted = %(retracted)s::jsonb
WHERE
    topic = %(topic)s AND partition = %(partition)s AND life = %(life)s AND next_offset = %(expected)s
    AND flushed_at = coalesce(%(expected_at)s::timestamptz, flushed_at)
RETURNING flushed_at;
