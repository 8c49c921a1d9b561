-- What people may read who must not see devices: the tables that hold them, again, with pseudonyms instead.
--
-- Who may read what is not here but in storage/queries/privilege_changes.sql, which every `instore migrate` makes true.
--
-- A pseudonym is a digest with a secret key, the same for the same device as long as the key is the same. Without the key, or with
-- one that everybody may call, a list of all devices that there could be would soon tell which is which: ids of devices are few. For the
-- same reason ids are replaced that are made of the device's: `visit_id` and `signal_id` are UUIDv5 of it, `readings.id` is often a digest
-- of the whole reading. Views run with their owner's rights on tables, but with their user's on functions: so the key is read in the
-- views, and the function makes nothing of a device without it.

-- table: pseudonym_key --

CREATE TABLE instore.pseudonym_key (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    secret bytea NOT NULL CHECK (octet_length(secret) >= 32)
);

COMMENT ON TABLE instore.pseudonym_key IS 'The secret that the pseudonyms in instore_analysis are made with; for the owner alone. Another secret makes other pseudonyms.';
COMMENT ON COLUMN instore.pseudonym_key.one IS 'There is one key.';
COMMENT ON COLUMN instore.pseudonym_key.secret IS 'Random bytes, 32 or more.';

-- 244 random bits, from the source that PostgreSQL trusts with its passwords.
INSERT INTO instore.pseudonym_key (secret)
VALUES (sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())));

-- function: pseudonym --

CREATE FUNCTION instore.pseudonym(secret bytea, name bytea) RETURNS uuid
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN encode(substr(sha256(secret || name), 1, 16), 'hex')::uuid;

COMMENT ON FUNCTION instore.pseudonym IS 'A name that tells nobody without the secret what it stands for.';

-- schema: instore_analysis --

CREATE SCHEMA IF NOT EXISTS instore_analysis;

COMMENT ON SCHEMA instore_analysis IS 'The tables of instore that hold devices, without them: for people who analyse, and for dashboards.';

-- views --

-- A visitor is a device in one store, as everywhere in instore: ids need not be unique in a chain.
CREATE VIEW instore_analysis.readings AS
SELECT
    ts,
    received_at,
    stored_at,
    duration_s,
    rssi_dbm,
    is_late,
    kind,
    store_id,
    sensor_id,
    instore.pseudonym((SELECT secret FROM instore.pseudonym_key), 'reading:'::bytea || convert_to(id, 'UTF8')) AS id,
    instore.pseudonym(
        (SELECT secret FROM instore.pseudonym_key),
        'visitor:'::bytea || convert_to(store_id, 'UTF8') || '\x00'::bytea || convert_to(device_id, 'UTF8')
    ) AS visitor,
    zone_id,
    direction,
    shelf_id,
    action,
    product_id,
    state,
    receipt_id,
    amount,
    currency,
    items
FROM instore.readings;

CREATE VIEW instore_analysis.rejected_readings AS
SELECT
    received_at,
    stored_at,
    position,
    store_id,
    sensor_id,
    kind,
    reason
FROM instore.rejected_readings;

CREATE VIEW instore_analysis.visits AS
SELECT
    instore.pseudonym((SELECT secret FROM instore.pseudonym_key), 'visit:'::bytea || uuid_send(visit_id)) AS visit_id,
    store_id,
    instore.pseudonym(
        (SELECT secret FROM instore.pseudonym_key),
        'visitor:'::bytea || convert_to(store_id, 'UTF8') || '\x00'::bytea || convert_to(device_id, 'UTF8')
    ) AS visitor,
    entered_at,
    left_at,
    ended_by,
    duration_s,
    n_readings,
    path,
    basket_total,
    currency,
    converted,
    bounced,
    pass_by,
    is_staff,
    priority,
    priority_scores,
    is_final,
    updated_at
FROM instore.visits;

CREATE VIEW instore_analysis.stays AS
SELECT
    instore.pseudonym((SELECT secret FROM instore.pseudonym_key), 'visit:'::bytea || uuid_send(visit_id)) AS visit_id,
    seq,
    store_id,
    instore.pseudonym(
        (SELECT secret FROM instore.pseudonym_key),
        'visitor:'::bytea || convert_to(store_id, 'UTF8') || '\x00'::bytea || convert_to(device_id, 'UTF8')
    ) AS visitor,
    zone_id,
    started_at,
    ended_at,
    dwell_s,
    is_staff,
    is_open,
    is_first,
    from_zone_id,
    paid_at
FROM instore.stays;

CREATE VIEW instore_analysis.shelf_visits AS
SELECT
    instore.pseudonym((SELECT secret FROM instore.pseudonym_key), 'visit:'::bytea || uuid_send(visit_id)) AS visit_id,
    store_id,
    instore.pseudonym(
        (SELECT secret FROM instore.pseudonym_key),
        'visitor:'::bytea || convert_to(store_id, 'UTF8') || '\x00'::bytea || convert_to(device_id, 'UTF8')
    ) AS visitor,
    instore.pseudonym((SELECT secret FROM instore.pseudonym_key), 'reading:'::bytea || convert_to(reading_id, 'UTF8')) AS reading_id,
    ts,
    shelf_id,
    action,
    product_id,
    zone_id,
    duration_s,
    is_staff,
    is_bought
FROM instore.shelf_visits;

CREATE VIEW instore_analysis.payments AS
SELECT
    store_id,
    instore.pseudonym((SELECT secret FROM instore.pseudonym_key), 'reading:'::bytea || convert_to(reading_id, 'UTF8')) AS reading_id,
    ts,
    received_at,
    sensor_id,
    zone_id,
    instore.pseudonym(
        (SELECT secret FROM instore.pseudonym_key),
        'visitor:'::bytea || convert_to(store_id, 'UTF8') || '\x00'::bytea || convert_to(device_id, 'UTF8')
    ) AS visitor,
    instore.pseudonym((SELECT secret FROM instore.pseudonym_key), 'visit:'::bytea || uuid_send(visit_id)) AS visit_id,
    receipt_id,
    amount,
    currency
FROM instore.payments;

CREATE VIEW instore_analysis.payment_items AS
SELECT
    store_id,
    instore.pseudonym((SELECT secret FROM instore.pseudonym_key), 'reading:'::bytea || convert_to(reading_id, 'UTF8')) AS reading_id,
    ts,
    line_no,
    product_id,
    quantity,
    unit_price
FROM instore.payment_items;

CREATE VIEW instore_analysis.signals AS
SELECT
    instore.pseudonym((SELECT secret FROM instore.pseudonym_key), 'signal:'::bytea || uuid_send(signal_id)) AS signal_id,
    store_id,
    at,
    kind,
    zone_id,
    instore.pseudonym(
        (SELECT secret FROM instore.pseudonym_key),
        'visitor:'::bytea || convert_to(store_id, 'UTF8') || '\x00'::bytea || convert_to(device_id, 'UTF8')
    ) AS visitor,
    instore.pseudonym((SELECT secret FROM instore.pseudonym_key), 'visit:'::bytea || uuid_send(visit_id)) AS visit_id,
    value,
    threshold,
    message,
    sensor_id,
    since,
    updated_at
FROM instore.signals;

CREATE VIEW instore_analysis.visitor_priorities AS
SELECT
    store_id,
    instore.pseudonym(
        (SELECT secret FROM instore.pseudonym_key),
        'visitor:'::bytea || convert_to(store_id, 'UTF8') || '\x00'::bytea || convert_to(device_id, 'UTF8')
    ) AS visitor,
    visits,
    speed,
    selection,
    price,
    recognition,
    priority
FROM instore.visitor_priorities;

CREATE VIEW instore_analysis.stores AS
SELECT
    store_id,
    name,
    timezone,
    currency,
    opening_hours,
    layout - 'staff_devices' AS layout,
    layout_version,
    first_seen_at,
    longest_visit
FROM instore.stores;

CREATE VIEW instore_analysis.layouts AS
SELECT
    store_id,
    version,
    layout - 'staff_devices' AS layout,
    source,
    loaded_at
FROM instore.layouts;

-- function: retain, for the worker --

-- It deletes with its owner's rights, so it is for the worker, which may delete no reading itself, and for nobody else.
REVOKE EXECUTE ON FUNCTION instore.retain(integer) FROM PUBLIC;

-- comments: those of the tables, but for what differs --

DO $$
DECLARE
    told record;
BEGIN
    FOR told IN
        SELECT
            view.relname,
            col.attname,
            coalesce(differs.comment, col_description(base.oid, base_col.attnum)) AS comment
        FROM pg_class AS view
        INNER JOIN pg_attribute AS col ON col.attrelid = view.oid AND col.attnum > 0
        INNER JOIN pg_class AS base ON base.relname = view.relname AND base.relnamespace = 'instore'::regnamespace
        LEFT JOIN pg_attribute AS base_col ON base_col.attrelid = base.oid AND base_col.attname = col.attname
        LEFT JOIN (
            VALUES
            ('visitor', 'The device''s pseudonym: a device is the same visitor in each table and visit, in one store; null where there is no device.'),
            ('visit_id', 'The visit''s pseudonym, the same in each view of this schema; null where there is none.'),
            ('reading_id', 'The reading''s pseudonym, the same in each view of this schema.'),
            ('id', 'The reading''s pseudonym: what others call reading_id.'),
            ('signal_id', 'The signal''s pseudonym.'),
            ('layout', 'The whole plan, without the devices of staff; null where there is none.')
        ) AS differs (attname, comment) ON differs.attname = col.attname
        WHERE view.relnamespace = 'instore_analysis'::regnamespace AND view.relkind = 'v'
    LOOP
        EXECUTE format('COMMENT ON COLUMN instore_analysis.%I.%I IS %L', told.relname, told.attname, told.comment);
    END LOOP;

    FOR told IN
        SELECT view.relname, obj_description(base.oid, 'pg_class') AS comment
        FROM pg_class AS view
        INNER JOIN pg_class AS base ON base.relname = view.relname AND base.relnamespace = 'instore'::regnamespace
        WHERE view.relnamespace = 'instore_analysis'::regnamespace AND view.relkind = 'v'
    LOOP
        EXECUTE format('COMMENT ON VIEW instore_analysis.%I IS %L', told.relname, 'instore.' || told.relname || ' without devices. ' || told.comment);
    END LOOP;
END
$$;
