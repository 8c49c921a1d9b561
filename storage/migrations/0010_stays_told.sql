-- What a stay or a shelf visit says by itself: so that figures of zones and shelves need no join with visits.

-- table: stays --

ALTER TABLE instore.stays ADD COLUMN is_staff boolean NOT NULL DEFAULT false;
ALTER TABLE instore.stays ADD COLUMN is_open boolean NOT NULL DEFAULT false;
ALTER TABLE instore.stays ADD COLUMN is_first boolean NOT NULL DEFAULT false;
ALTER TABLE instore.stays ADD COLUMN from_zone_id text;
ALTER TABLE instore.stays ADD COLUMN paid_at timestamptz;

COMMENT ON COLUMN instore.stays.is_staff IS 'Whether the device belongs to staff: leave such stays out of customer figures.';
COMMENT ON COLUMN instore.stays.is_open IS 'Whether the visitor may still be there: the last stay of a visit that has not ended.';
COMMENT ON COLUMN instore.stays.is_first IS 'Whether it is the visit''s first stay in this zone: counting these counts visits.';
COMMENT ON COLUMN instore.stays.from_zone_id IS 'The zone of the stay before; null for the first of a visit.';
COMMENT ON COLUMN instore.stays.paid_at IS 'When the visitor first paid, from the beginning of this stay until the next; null where they did not.';

UPDATE instore.stays AS stay
SET
    is_staff = told.is_staff,
    is_open = told.is_open,
    is_first = told.is_first,
    from_zone_id = told.from_zone_id,
    paid_at = told.paid_at
FROM (
    SELECT
        part.visit_id,
        part.seq,
        part.started_at,
        visit.is_staff,
        visit.ended_by IS NULL AND part.next_at IS NULL AS is_open,
        part.seq = part.first_seq AS is_first,
        part.from_zone_id,
        (
            SELECT min(payment.ts)
            FROM instore.payments AS payment
            WHERE
                payment.visit_id = part.visit_id
                AND payment.ts >= part.started_at
                AND payment.ts < coalesce(part.next_at, 'infinity')
        ) AS paid_at
    FROM (
        SELECT
            visit_id,
            seq,
            started_at,
            lag(zone_id) OVER (PARTITION BY visit_id ORDER BY seq) AS from_zone_id,
            lead(started_at) OVER (PARTITION BY visit_id ORDER BY seq) AS next_at,
            min(seq) OVER (PARTITION BY visit_id, zone_id) AS first_seq
        FROM instore.stays
    ) AS part
    INNER JOIN instore.visits AS visit ON visit.visit_id = part.visit_id
) AS told
WHERE stay.visit_id = told.visit_id AND stay.seq = told.seq AND stay.started_at = told.started_at;

-- Who is where at this moment; and, for the figures of a stretch of time, whose stay ended in it.
CREATE INDEX stays_open ON instore.stays (store_id, zone_id) WHERE is_open;
CREATE INDEX stays_store_ended ON instore.stays (store_id, ended_at);

-- table: shelf_visits --

ALTER TABLE instore.shelf_visits ADD COLUMN is_staff boolean NOT NULL DEFAULT false;
ALTER TABLE instore.shelf_visits ADD COLUMN is_bought boolean NOT NULL DEFAULT false;

COMMENT ON COLUMN instore.shelf_visits.is_staff IS 'Whether the device belongs to staff: leave such rows out of customer figures.';
COMMENT ON COLUMN instore.shelf_visits.is_bought IS 'Whether the product is on a receipt of the same visit.';

UPDATE instore.shelf_visits AS shelf_visit
SET
    is_staff = visit.is_staff,
    is_bought = EXISTS (
        SELECT FROM instore.payments AS payment
        INNER JOIN instore.payment_items AS item
            ON item.store_id = payment.store_id AND item.reading_id = payment.reading_id AND item.ts = payment.ts
        WHERE payment.visit_id = shelf_visit.visit_id AND item.product_id = shelf_visit.product_id
    )
FROM instore.visits AS visit
WHERE visit.visit_id = shelf_visit.visit_id;

-- table: stores --

-- Which customers left in a stretch of time? Without a bound on how long they stay, every chunk of history had to be looked at.
ALTER TABLE instore.stores ADD COLUMN longest_visit interval NOT NULL DEFAULT interval '1 hour';

COMMENT ON COLUMN instore.stores.longest_visit IS 'No customer''s visit to the store lasted longer: full hours.';

UPDATE instore.stores AS store
SET longest_visit = greatest(store.longest_visit, seen.longest)
FROM (
    SELECT
        store_id,
        ceil(extract(EPOCH FROM max(left_at - entered_at)) / 3600) * interval '1 hour' AS longest
    FROM instore.visits
    WHERE NOT is_staff
    GROUP BY store_id
) AS seen
WHERE seen.store_id = store.store_id;
