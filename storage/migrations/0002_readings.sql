-- What the sensors said: every accepted reading once, every rejected one with its reason.
--
-- Neither table has a unique key: the worker knows each store's ids and writes with its Kafka offset in one transaction, so a row
-- is never written twice, and an index over ids would halve the speed of ingest.

-- table: readings --

-- Columns of fixed width stand first: that saves padding in the most numerous rows of all.
CREATE TABLE instore.readings (
    ts timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT now(),
    duration_s double precision,
    rssi_dbm double precision,
    is_late boolean NOT NULL,
    kind text NOT NULL,
    store_id text NOT NULL,
    sensor_id text NOT NULL,
    id text NOT NULL,
    device_id text,
    zone_id text,
    direction text,
    shelf_id text,
    action text,
    product_id text,
    state text,
    receipt_id text,
    amount numeric(16, 4),
    currency text,
    items jsonb
);

COMMENT ON TABLE instore.readings IS 'Every accepted reading, once: what a sensor said about one moment. Columns that a kind does not have are null.';
COMMENT ON COLUMN instore.readings.ts IS 'When it happened, by the sensor''s clock.';
COMMENT ON COLUMN instore.readings.received_at IS 'When the bridge received it.';
COMMENT ON COLUMN instore.readings.stored_at IS 'When it was stored: the time of the transaction that brought it.';
COMMENT ON COLUMN instore.readings.duration_s IS 'dwell, shelf: the presence began this many seconds before ts.';
COMMENT ON COLUMN instore.readings.rssi_dbm IS 'dwell: signal strength in dBm.';
COMMENT ON COLUMN instore.readings.is_late IS 'Whether it came further behind its store''s time than the store''s lateness_s.';
COMMENT ON COLUMN instore.readings.kind IS 'entry, dwell, shelf, payment or status.';
COMMENT ON COLUMN instore.readings.store_id IS 'The store it was sent from.';
COMMENT ON COLUMN instore.readings.sensor_id IS 'The sensor that sent it.';
COMMENT ON COLUMN instore.readings.id IS 'Its id, unique in the store: the sensor''s, or a digest of the content.';
COMMENT ON COLUMN instore.readings.device_id IS 'entry, dwell, shelf, payment if known: the wristband, tag or beacon.';
COMMENT ON COLUMN instore.readings.zone_id IS 'The zone as it was sent; null where the reading named none.';
COMMENT ON COLUMN instore.readings.direction IS 'entry: in or out.';
COMMENT ON COLUMN instore.readings.shelf_id IS 'shelf: which one.';
COMMENT ON COLUMN instore.readings.action IS 'shelf: view, pickup or putback.';
COMMENT ON COLUMN instore.readings.product_id IS 'shelf: the product, if known.';
COMMENT ON COLUMN instore.readings.state IS 'status: online, alive or offline.';
COMMENT ON COLUMN instore.readings.receipt_id IS 'payment: the till''s receipt.';
COMMENT ON COLUMN instore.readings.amount IS 'payment: the total in currency; a refund is negative.';
COMMENT ON COLUMN instore.readings.currency IS 'payment: ISO 4217 code.';
COMMENT ON COLUMN instore.readings.items IS 'payment: [{product_id, quantity, unit_price}, ...]; the same as rows in payment_items.';

-- For a store's stretch of time: dashboards, and the worker after a crash.
CREATE INDEX readings_store_ts ON instore.readings (store_id, ts);
-- For one device's way through a store. The device first: it tells entries apart at the first look, a fifth faster to fill.
CREATE INDEX readings_device_ts ON instore.readings (device_id, store_id, ts) WHERE device_id IS NOT NULL;
-- For the view `accounting` over some hours: a few pages, as rows arrive nearly in this order.
CREATE INDEX readings_hour ON instore.readings
USING brin (date_bin(interval '1 hour', received_at, timestamptz '1970-01-01 00:00:00+00')) WITH (autosummarize = on);

-- table: rejected_readings --

CREATE TABLE instore.rejected_readings (
    received_at timestamptz NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT now(),
    id text NOT NULL,
    source text NOT NULL,
    position integer,
    store_id text,
    sensor_id text,
    kind text,
    reason text NOT NULL,
    detail text NOT NULL,
    raw bytea NOT NULL
);

COMMENT ON TABLE instore.rejected_readings IS 'Every reading that could not be accepted, with the reason and its raw bytes: the dead letters.';
COMMENT ON COLUMN instore.rejected_readings.received_at IS 'When the bridge received it.';
COMMENT ON COLUMN instore.rejected_readings.stored_at IS 'When it was stored.';
COMMENT ON COLUMN instore.rejected_readings.id IS 'A digest of all the rest: one delivery of one wrong element.';
COMMENT ON COLUMN instore.rejected_readings.source IS 'Where it came from: the MQTT topic, or kafka:TOPIC/PARTITION/OFFSET.';
COMMENT ON COLUMN instore.rejected_readings.position IS 'Which element of the payload''s array, from 0; null where the payload as a whole was refused.';
COMMENT ON COLUMN instore.rejected_readings.store_id IS 'The store, where it could be told.';
COMMENT ON COLUMN instore.rejected_readings.sensor_id IS 'The sensor, where it could be told.';
COMMENT ON COLUMN instore.rejected_readings.kind IS 'The kind, where it could be told.';
COMMENT ON COLUMN instore.rejected_readings.reason IS 'The named reason.';
COMMENT ON COLUMN instore.rejected_readings.detail IS 'A sentence for people: what was wrong and where. Characters that no text column can hold are replaced.';
COMMENT ON COLUMN instore.rejected_readings.raw IS 'The rejected bytes, exactly.';

CREATE INDEX rejected_readings_received_at ON instore.rejected_readings (received_at);
CREATE INDEX rejected_readings_hour ON instore.rejected_readings
USING brin (date_bin(interval '1 hour', received_at, timestamptz '1970-01-01 00:00:00+00')) WITH (autosummarize = on);
