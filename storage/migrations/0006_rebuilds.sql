-- Requests to tell stretches of the past anew, after a rule or a layout changed. The worker that has the store carries them out.

-- table: rebuilds --

CREATE TABLE instore.rebuilds (
    rebuild_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    store_id text NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz NOT NULL,
    requested_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    devices integer,
    devices_done integer NOT NULL DEFAULT 0,
    CHECK (since < until)
);

COMMENT ON TABLE instore.rebuilds IS 'Stretches of the past whose visits are to be told anew, asked for by instore rebuild and carried out by the worker.';
COMMENT ON COLUMN instore.rebuilds.rebuild_id IS 'Number of the request; requests are carried out in this order.';
COMMENT ON COLUMN instore.rebuilds.store_id IS 'The store.';
COMMENT ON COLUMN instore.rebuilds.since IS 'Devices heard from this time on are told anew ...';
COMMENT ON COLUMN instore.rebuilds.until IS '... and before this time; each from before until now.';
COMMENT ON COLUMN instore.rebuilds.requested_at IS 'When it was asked for.';
COMMENT ON COLUMN instore.rebuilds.finished_at IS 'When all was told anew; null until then.';
COMMENT ON COLUMN instore.rebuilds.devices IS 'How many devices there are to tell anew; null while no worker has taken it up.';
COMMENT ON COLUMN instore.rebuilds.devices_done IS 'How many of them are done.';

CREATE INDEX rebuilds_open ON instore.rebuilds (store_id, rebuild_id) WHERE finished_at IS NULL;
