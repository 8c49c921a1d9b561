-- The first flush of a partition in this life of its topic: no row comes back where there has been one already.
INSERT INTO instore.ingest_offsets AS stored (topic, partition, life, next_offset, flushed_at, removed, retracted)
VALUES (%(topic)s, %(partition)s, %(life)s, %(next_offset)s, now(), %(removed)s::uuid[], %(retracted)s::jsonb)
ON CONFLICT (topic, partition) DO UPDATE
SET
    life = excluded.life,
    next_offset = excluded.next_offset,
    flushed_at = excluded.flushed_at,
    removed = excluded.removed,
    retracted = excluded.retracted
WHERE stored.life <> excluded.life
RETURNING flushed_at;
