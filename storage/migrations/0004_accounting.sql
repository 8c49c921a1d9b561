-- How far the worker has come, and the proof that nothing was lost on the way.

-- table: ingest_offsets --

CREATE TABLE instore.ingest_offsets (
    topic text NOT NULL,
    partition integer NOT NULL,
    life text NOT NULL,
    next_offset bigint NOT NULL,
    flushed_at timestamptz NOT NULL,
    removed uuid[] NOT NULL,
    PRIMARY KEY (topic, partition)
);

COMMENT ON TABLE instore.ingest_offsets IS 'Up to where each Kafka partition is in this database; written in the transaction that brings the rows.';
COMMENT ON COLUMN instore.ingest_offsets.topic IS 'The Kafka topic.';
COMMENT ON COLUMN instore.ingest_offsets.partition IS 'Its partition.';
COMMENT ON COLUMN instore.ingest_offsets.life IS 'Which life of the topic the offset belongs to (cluster and topic id): an offset of another life is worth nothing.';
COMMENT ON COLUMN instore.ingest_offsets.next_offset IS 'Records before this offset are stored.';
COMMENT ON COLUMN instore.ingest_offsets.flushed_at IS 'When the last flush was written; the visits it wrote have it as updated_at.';
COMMENT ON COLUMN instore.ingest_offsets.removed IS 'The visits that the last flush removed: told to Kafka again after a crash.';

-- table: store_clocks --

CREATE TABLE instore.store_clocks (
    store_id text PRIMARY KEY,
    topic text NOT NULL,
    partition integer NOT NULL,
    store_time timestamptz NOT NULL
);

COMMENT ON TABLE instore.store_clocks IS 'Each store''s time: how far its readings have come.';
COMMENT ON COLUMN instore.store_clocks.store_id IS 'The store.';
COMMENT ON COLUMN instore.store_clocks.topic IS 'The Kafka topic its readings come from.';
COMMENT ON COLUMN instore.store_clocks.partition IS 'The partition of that topic.';
COMMENT ON COLUMN instore.store_clocks.store_time IS 'The largest ts seen, never ahead of the received_at it came with.';

-- table: ingest_counts --

CREATE TABLE instore.ingest_counts (
    store_id text NOT NULL,
    hour timestamptz NOT NULL,
    received bigint NOT NULL,
    duplicate bigint NOT NULL,
    PRIMARY KEY (store_id, hour)
);

COMMENT ON TABLE instore.ingest_counts IS 'What the worker received, counted at the door: one half of the view accounting.';
COMMENT ON COLUMN instore.ingest_counts.store_id IS 'The store; empty where a rejected reading named none.';
COMMENT ON COLUMN instore.ingest_counts.hour IS 'Beginning of the hour (UTC) of received_at.';
COMMENT ON COLUMN instore.ingest_counts.received IS 'Readings that came, rejected ones included.';
COMMENT ON COLUMN instore.ingest_counts.duplicate IS 'Readings among them whose id was stored before.';

-- view: accounting --

-- Received and duplicate are sums that the worker kept; stored and rejected are counted from the rows themselves.
CREATE VIEW instore.accounting AS
SELECT
    store_id,
    hour,
    sum(received)::bigint AS received,
    sum(stored)::bigint AS stored,
    sum(duplicate)::bigint AS duplicate,
    sum(rejected)::bigint AS rejected,
    (sum(received) - sum(stored) - sum(duplicate) - sum(rejected))::bigint AS difference
FROM (
    SELECT
        store_id,
        hour,
        received,
        0 AS stored,
        duplicate,
        0 AS rejected
    FROM instore.ingest_counts
    UNION ALL
    SELECT
        store_id,
        date_bin(interval '1 hour', received_at, timestamptz '1970-01-01 00:00:00+00'),
        0,
        count(*),
        0,
        0
    FROM instore.readings
    GROUP BY 1, 2
    UNION ALL
    SELECT
        coalesce(store_id, ''),
        date_bin(interval '1 hour', received_at, timestamptz '1970-01-01 00:00:00+00'),
        0,
        0,
        0,
        count(*)
    FROM instore.rejected_readings
    GROUP BY 1, 2
) AS counts
GROUP BY store_id, hour;

COMMENT ON VIEW instore.accounting IS 'received = stored + duplicate + rejected, per store and hour: difference is 0 unless something was lost or doubled.';
COMMENT ON COLUMN instore.accounting.store_id IS 'The store; empty where a rejected reading named none.';
COMMENT ON COLUMN instore.accounting.hour IS 'Beginning of the hour (UTC) of received_at.';
COMMENT ON COLUMN instore.accounting.received IS 'Readings that came, as the worker counted them.';
COMMENT ON COLUMN instore.accounting.stored IS 'Rows in readings.';
COMMENT ON COLUMN instore.accounting.duplicate IS 'Readings that had come before, as the worker counted them.';
COMMENT ON COLUMN instore.accounting.rejected IS 'Rows in rejected_readings.';
COMMENT ON COLUMN instore.accounting.difference IS 'received - stored - duplicate - rejected: 0 where nothing is missing or double.';

-- view: accounting_total --

CREATE VIEW instore.accounting_total AS
SELECT
    coalesce(sum(received), 0)::bigint AS received,
    coalesce(sum(stored), 0)::bigint AS stored,
    coalesce(sum(duplicate), 0)::bigint AS duplicate,
    coalesce(sum(rejected), 0)::bigint AS rejected,
    coalesce(sum(difference), 0)::bigint AS difference,
    count(*) FILTER (WHERE difference <> 0) AS hours_off
FROM instore.accounting;

COMMENT ON VIEW instore.accounting_total IS 'The view accounting in one row, over all stores and hours.';
COMMENT ON COLUMN instore.accounting_total.received IS 'Readings that came, as the worker counted them.';
COMMENT ON COLUMN instore.accounting_total.stored IS 'Rows in readings.';
COMMENT ON COLUMN instore.accounting_total.duplicate IS 'Readings that had come before, as the worker counted them.';
COMMENT ON COLUMN instore.accounting_total.rejected IS 'Rows in rejected_readings.';
COMMENT ON COLUMN instore.accounting_total.difference IS 'received - stored - duplicate - rejected.';
COMMENT ON COLUMN instore.accounting_total.hours_off IS 'Hours of a store whose difference is not 0, in which a loss and a doubling cannot cancel out.';
