-- What the readings mean: visits, and what happened in them. The worker replaces a visit's rows whenever a reading changes it.
--
-- Every key contains the time by which its table is cut into chunks: TimescaleDB asks for that.

-- table: visits --

CREATE TABLE instore.visits (
    visit_id uuid NOT NULL,
    store_id text NOT NULL,
    device_id text NOT NULL,
    entered_at timestamptz NOT NULL,
    left_at timestamptz NOT NULL,
    ended_by text,
    duration_s double precision NOT NULL,
    n_readings integer NOT NULL,
    path text[] NOT NULL,
    basket_total numeric(20, 4),
    currency text,
    converted boolean NOT NULL,
    bounced boolean NOT NULL,
    pass_by boolean NOT NULL,
    is_staff boolean NOT NULL,
    priority text,
    priority_scores jsonb,
    is_final boolean NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (visit_id, entered_at)
);

COMMENT ON TABLE instore.visits IS 'One row a visit of one device to one store; rows of open visits change until is_final.';
COMMENT ON COLUMN instore.visits.visit_id IS 'UUIDv5 of store, device and entered_at.';
COMMENT ON COLUMN instore.visits.store_id IS 'The store.';
COMMENT ON COLUMN instore.visits.device_id IS 'The wristband, tag or beacon that was carried.';
COMMENT ON COLUMN instore.visits.entered_at IS 'When the visit began.';
COMMENT ON COLUMN instore.visits.left_at IS 'When it ended; the last reading so far while it is open.';
COMMENT ON COLUMN instore.visits.ended_by IS 'exit or timeout; null while it is open.';
COMMENT ON COLUMN instore.visits.duration_s IS 'Seconds from entered_at to left_at.';
COMMENT ON COLUMN instore.visits.n_readings IS 'How many readings of the device belong to it.';
COMMENT ON COLUMN instore.visits.path IS 'The zones of its stays in order, equal neighbours merged.';
COMMENT ON COLUMN instore.visits.basket_total IS 'Sum of its payments in currency; 0 without one, null with several currencies.';
COMMENT ON COLUMN instore.visits.currency IS 'ISO 4217 code of its payments; null without one or with several.';
COMMENT ON COLUMN instore.visits.converted IS 'Whether at least one payment belongs to it.';
COMMENT ON COLUMN instore.visits.bounced IS 'Whether it was shorter than bounce_s (120 s) and not converted; false while it is open.';
COMMENT ON COLUMN instore.visits.pass_by IS 'Whether it never left zones of type outside.';
COMMENT ON COLUMN instore.visits.is_staff IS 'Whether the device belongs to staff: leave such visits out of customer figures.';
COMMENT ON COLUMN instore.visits.priority IS 'What the visit says the shopper values: speed, selection, price, recognition or none; null where not judged.';
COMMENT ON COLUMN instore.visits.priority_scores IS 'The score of each priority from 0 to 1, and the facts behind it; null where not judged.';
COMMENT ON COLUMN instore.visits.is_final IS 'Whether no reading in time can change it any more.';
COMMENT ON COLUMN instore.visits.updated_at IS 'When this row was last written.';

CREATE INDEX visits_store_entered ON instore.visits (store_id, entered_at);
CREATE INDEX visits_device_entered ON instore.visits (store_id, device_id, entered_at);
-- The next three are for the worker after a crash: what was live, and what the last flush wrote.
CREATE INDEX visits_store_left ON instore.visits (store_id, left_at);
CREATE INDEX visits_open ON instore.visits (store_id, entered_at) WHERE NOT is_final;
CREATE INDEX visits_updated ON instore.visits (updated_at);

-- table: stays --

CREATE TABLE instore.stays (
    visit_id uuid NOT NULL,
    seq integer NOT NULL,
    store_id text NOT NULL,
    device_id text NOT NULL,
    zone_id text NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    dwell_s double precision NOT NULL,
    PRIMARY KEY (visit_id, seq, started_at)
);

COMMENT ON TABLE instore.stays IS 'The runs of presence in one zone that a visit is made of.';
COMMENT ON COLUMN instore.stays.visit_id IS 'The visit.';
COMMENT ON COLUMN instore.stays.seq IS 'Its place in the visit, from 0.';
COMMENT ON COLUMN instore.stays.store_id IS 'The store.';
COMMENT ON COLUMN instore.stays.device_id IS 'The device.';
COMMENT ON COLUMN instore.stays.zone_id IS 'The zone.';
COMMENT ON COLUMN instore.stays.started_at IS 'When the presence began.';
COMMENT ON COLUMN instore.stays.ended_at IS 'When it ended.';
COMMENT ON COLUMN instore.stays.dwell_s IS 'Seconds from started_at to ended_at; 0 for a lone reading.';

CREATE INDEX stays_store_started ON instore.stays (store_id, started_at);

-- table: shelf_visits --

CREATE TABLE instore.shelf_visits (
    visit_id uuid NOT NULL,
    store_id text NOT NULL,
    device_id text NOT NULL,
    reading_id text NOT NULL,
    ts timestamptz NOT NULL,
    shelf_id text NOT NULL,
    action text NOT NULL,
    product_id text,
    zone_id text,
    duration_s double precision,
    PRIMARY KEY (visit_id, ts, reading_id)
);

COMMENT ON TABLE instore.shelf_visits IS 'What was looked at, taken and put back in a visit. Taken of a product: pickups less putbacks, at least 0.';
COMMENT ON COLUMN instore.shelf_visits.visit_id IS 'The visit.';
COMMENT ON COLUMN instore.shelf_visits.store_id IS 'The store.';
COMMENT ON COLUMN instore.shelf_visits.device_id IS 'The device.';
COMMENT ON COLUMN instore.shelf_visits.reading_id IS 'The reading that said so: readings.id.';
COMMENT ON COLUMN instore.shelf_visits.ts IS 'When it happened.';
COMMENT ON COLUMN instore.shelf_visits.shelf_id IS 'The shelf.';
COMMENT ON COLUMN instore.shelf_visits.action IS 'view, pickup or putback.';
COMMENT ON COLUMN instore.shelf_visits.product_id IS 'The product; null where the sensor cannot tell.';
COMMENT ON COLUMN instore.shelf_visits.zone_id IS 'The zone, from the reading or the plan; null where unknown.';
COMMENT ON COLUMN instore.shelf_visits.duration_s IS 'Seconds that it lasted before ts; null where not measured.';

CREATE INDEX shelf_visits_store_ts ON instore.shelf_visits (store_id, ts);

-- table: payments --

CREATE TABLE instore.payments (
    store_id text NOT NULL,
    reading_id text NOT NULL,
    ts timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    sensor_id text NOT NULL,
    zone_id text,
    device_id text,
    visit_id uuid,
    receipt_id text NOT NULL,
    amount numeric(16, 4) NOT NULL,
    currency text NOT NULL,
    PRIMARY KEY (store_id, reading_id, ts)
);

COMMENT ON TABLE instore.payments IS 'Every receipt, with the visit it belongs to where that could be told.';
COMMENT ON COLUMN instore.payments.store_id IS 'The store.';
COMMENT ON COLUMN instore.payments.reading_id IS 'The reading that said so: readings.id.';
COMMENT ON COLUMN instore.payments.ts IS 'When the receipt was closed.';
COMMENT ON COLUMN instore.payments.received_at IS 'When the bridge received it.';
COMMENT ON COLUMN instore.payments.sensor_id IS 'The till.';
COMMENT ON COLUMN instore.payments.zone_id IS 'The zone as it was sent; null where the reading named none.';
COMMENT ON COLUMN instore.payments.device_id IS 'The device as it was sent; null where the till knows none.';
COMMENT ON COLUMN instore.payments.visit_id IS 'The visit it belongs to; null where none could be told.';
COMMENT ON COLUMN instore.payments.receipt_id IS 'The till''s receipt.';
COMMENT ON COLUMN instore.payments.amount IS 'The total in currency; a refund is negative.';
COMMENT ON COLUMN instore.payments.currency IS 'ISO 4217 code.';

CREATE INDEX payments_store_ts ON instore.payments (store_id, ts);
CREATE INDEX payments_visit ON instore.payments (visit_id) WHERE visit_id IS NOT NULL;

-- table: payment_items --

CREATE TABLE instore.payment_items (
    store_id text NOT NULL,
    reading_id text NOT NULL,
    ts timestamptz NOT NULL,
    line_no integer NOT NULL,
    product_id text NOT NULL,
    quantity numeric(16, 4) NOT NULL,
    unit_price numeric(16, 4) NOT NULL,
    PRIMARY KEY (store_id, reading_id, ts, line_no)
);

COMMENT ON TABLE instore.payment_items IS 'The lines of the receipts.';
COMMENT ON COLUMN instore.payment_items.store_id IS 'The store.';
COMMENT ON COLUMN instore.payment_items.reading_id IS 'The payment: payments.reading_id.';
COMMENT ON COLUMN instore.payment_items.ts IS 'When the receipt was closed.';
COMMENT ON COLUMN instore.payment_items.line_no IS 'The line''s place on the receipt, from 1.';
COMMENT ON COLUMN instore.payment_items.product_id IS 'The product.';
COMMENT ON COLUMN instore.payment_items.quantity IS 'How much, in the product''s own unit (pieces, kilograms).';
COMMENT ON COLUMN instore.payment_items.unit_price IS 'Price of one unit in the payment''s currency.';

CREATE INDEX payment_items_store_ts ON instore.payment_items (store_id, ts);

-- table: signals --

CREATE TABLE instore.signals (
    signal_id uuid NOT NULL,
    store_id text NOT NULL,
    at timestamptz NOT NULL,
    kind text NOT NULL,
    zone_id text,
    device_id text,
    visit_id uuid,
    value double precision,
    threshold double precision,
    message text NOT NULL,
    PRIMARY KEY (signal_id, at)
);

COMMENT ON TABLE instore.signals IS 'Moments that somebody should know of while they happen.';
COMMENT ON COLUMN instore.signals.signal_id IS 'The signal.';
COMMENT ON COLUMN instore.signals.store_id IS 'The store.';
COMMENT ON COLUMN instore.signals.at IS 'When it became true.';
COMMENT ON COLUMN instore.signals.kind IS 'long_dwell, zone_congested, zone_cleared, queue_long, priority_changed, abandoned_basket or sensor_silent.';
COMMENT ON COLUMN instore.signals.zone_id IS 'The zone it is about; null where none.';
COMMENT ON COLUMN instore.signals.device_id IS 'The device it is about; null where none.';
COMMENT ON COLUMN instore.signals.visit_id IS 'The visit it is about; null where none.';
COMMENT ON COLUMN instore.signals.value IS 'What was measured, in the unit that the kind says; null where nothing is measured.';
COMMENT ON COLUMN instore.signals.threshold IS 'The limit it passed, in the same unit; null where there is none.';
COMMENT ON COLUMN instore.signals.message IS 'A sentence for people.';

CREATE INDEX signals_store_at ON instore.signals (store_id, at);
