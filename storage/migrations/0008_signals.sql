-- Signals are corrected like visits: when they were written, so that they are told to Kafka again after a crash, and what was taken back.

-- table: signals --

ALTER TABLE instore.signals ADD COLUMN sensor_id text;
ALTER TABLE instore.signals ADD COLUMN since timestamptz;
ALTER TABLE instore.signals ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now();

COMMENT ON COLUMN instore.signals.sensor_id IS 'The sensor it is about; null where none.';
COMMENT ON COLUMN instore.signals.since IS 'When its cause began.';
COMMENT ON COLUMN instore.signals.updated_at IS 'When the row was written last.';

CREATE INDEX signals_updated ON instore.signals (updated_at);
CREATE INDEX signals_visit ON instore.signals (visit_id) WHERE visit_id IS NOT NULL;

-- table: ingest_offsets --

ALTER TABLE instore.ingest_offsets ADD COLUMN retracted jsonb NOT NULL DEFAULT '[]';

COMMENT ON COLUMN instore.ingest_offsets.retracted IS 'The signals that the last flush took back: told to Kafka again after a crash.';
