-- What is known of each store: one row a store, its plan, and every version of that plan.
--
-- A store is known as soon as one of its readings is stored; all but `store_id` and `first_seen_at` comes with a layout.

-- schema, made with its migration ledger by storage.migrate --

COMMENT ON SCHEMA instore IS 'Journeys in physical stores: readings, visits, stays, and the plans of the stores.';

-- function: whole microseconds to a time --

-- Two summands, because interval arithmetic goes through double precision: exact to the microsecond up to the year 9999.
CREATE FUNCTION instore.at(micros bigint) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE
RETURN timestamptz '1970-01-01 00:00:00+00'
    + (micros / 1000000) * interval '1 second'
    + (micros % 1000000) * interval '1 microsecond';

COMMENT ON FUNCTION instore.at IS 'The time that is this many microseconds after 1970-01-01 00:00 UTC, exactly.';

-- table: stores --

CREATE TABLE instore.stores (
    store_id text PRIMARY KEY,
    name text NOT NULL DEFAULT '',
    timezone text NOT NULL DEFAULT 'UTC',
    currency text,
    opening_hours jsonb NOT NULL DEFAULT '{}',
    layout jsonb,
    layout_version integer,
    first_seen_at timestamptz NOT NULL DEFAULT now()
);

COMMENT ON TABLE instore.stores IS 'One row a store. A store without a layout is known by its id only.';
COMMENT ON COLUMN instore.stores.store_id IS 'The store, as its sensors name it.';
COMMENT ON COLUMN instore.stores.name IS 'Its name for people; empty where none is known.';
COMMENT ON COLUMN instore.stores.timezone IS 'Its time zone by IANA name, for local hours and days.';
COMMENT ON COLUMN instore.stores.currency IS 'ISO 4217 code in which its prices are; null where unknown.';
COMMENT ON COLUMN instore.stores.opening_hours IS 'From day (mon to sun) to [opening, closing] in local time; a missing day is open all day, an empty one closed.';
COMMENT ON COLUMN instore.stores.layout IS 'The whole plan as it was loaded; null before the first.';
COMMENT ON COLUMN instore.stores.layout_version IS 'Version of that plan, counted from 1; null before the first.';
COMMENT ON COLUMN instore.stores.first_seen_at IS 'When the first reading or plan of the store was stored.';

-- table: layouts --

CREATE TABLE instore.layouts (
    store_id text NOT NULL,
    version integer NOT NULL,
    layout jsonb NOT NULL,
    source text NOT NULL,
    loaded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (store_id, version)
);

COMMENT ON TABLE instore.layouts IS 'Every version of every store''s plan; the newest is also in stores, zones, shelves, products and sensors.';
COMMENT ON COLUMN instore.layouts.store_id IS 'The store.';
COMMENT ON COLUMN instore.layouts.version IS 'Counted from 1 in each store; a plan loaded again unchanged makes no new one.';
COMMENT ON COLUMN instore.layouts.layout IS 'The whole plan.';
COMMENT ON COLUMN instore.layouts.source IS 'Where it came from, usually a file name.';
COMMENT ON COLUMN instore.layouts.loaded_at IS 'When it was loaded.';

-- table: zones --

CREATE TABLE instore.zones (
    store_id text NOT NULL,
    zone_id text NOT NULL,
    name text NOT NULL,
    type text NOT NULL,
    polygon jsonb NOT NULL,
    capacity integer,
    PRIMARY KEY (store_id, zone_id)
);

COMMENT ON TABLE instore.zones IS 'The parts of each store, from the newest version of its plan.';
COMMENT ON COLUMN instore.zones.store_id IS 'The store.';
COMMENT ON COLUMN instore.zones.zone_id IS 'The zone, as readings and stays name it.';
COMMENT ON COLUMN instore.zones.name IS 'Its name for people; may be empty.';
COMMENT ON COLUMN instore.zones.type IS 'outside, entrance, general, interest, checkout or staff.';
COMMENT ON COLUMN instore.zones.polygon IS 'Its corners as [[x, y], ...] in metres; empty where unknown.';
COMMENT ON COLUMN instore.zones.capacity IS 'How many people it holds comfortably; null where unknown.';

-- table: shelves --

CREATE TABLE instore.shelves (
    store_id text NOT NULL,
    shelf_id text NOT NULL,
    zone_id text NOT NULL,
    level integer,
    PRIMARY KEY (store_id, shelf_id)
);

COMMENT ON TABLE instore.shelves IS 'The shelves of each store, from the newest version of its plan.';
COMMENT ON COLUMN instore.shelves.store_id IS 'The store.';
COMMENT ON COLUMN instore.shelves.shelf_id IS 'The shelf, as its sensor names it.';
COMMENT ON COLUMN instore.shelves.zone_id IS 'The zone it stands in.';
COMMENT ON COLUMN instore.shelves.level IS 'Its level, 1 is the lowest; null where unknown.';

-- table: products --

-- One row a product and store, wherever it lies: so that a join by product never doubles a row.
CREATE TABLE instore.products (
    store_id text NOT NULL,
    product_id text NOT NULL,
    name text NOT NULL,
    price numeric(16, 4),
    promoted boolean NOT NULL,
    shelf_ids text[] NOT NULL,
    PRIMARY KEY (store_id, product_id)
);

COMMENT ON TABLE instore.products IS 'What each store has on its shelves, from the newest version of its plan; one row a product.';
COMMENT ON COLUMN instore.products.store_id IS 'The store.';
COMMENT ON COLUMN instore.products.product_id IS 'The product, as shelf sensors and tills name it.';
COMMENT ON COLUMN instore.products.name IS 'Its name for people; may be empty.';
COMMENT ON COLUMN instore.products.price IS 'Price of one, in the store''s currency; null where unknown.';
COMMENT ON COLUMN instore.products.promoted IS 'Whether it is on offer on at least one shelf.';
COMMENT ON COLUMN instore.products.shelf_ids IS 'The shelves it lies on.';

-- table: sensors --

CREATE TABLE instore.sensors (
    store_id text NOT NULL,
    sensor_id text NOT NULL,
    type text NOT NULL,
    zone_id text,
    x double precision,
    y double precision,
    PRIMARY KEY (store_id, sensor_id)
);

COMMENT ON TABLE instore.sensors IS 'The sensors that each store''s newest plan names. Others may send too; readings has every sensor heard.';
COMMENT ON COLUMN instore.sensors.store_id IS 'The store.';
COMMENT ON COLUMN instore.sensors.sensor_id IS 'The sensor, as its readings name it.';
COMMENT ON COLUMN instore.sensors.type IS 'gate, till or gateway.';
COMMENT ON COLUMN instore.sensors.zone_id IS 'The zone it is in; null where only its position is known.';
COMMENT ON COLUMN instore.sensors.x IS 'Its position in metres, to the right in the plan; null where unknown.';
COMMENT ON COLUMN instore.sensors.y IS 'Its position in metres, up in the plan; null where unknown.';
