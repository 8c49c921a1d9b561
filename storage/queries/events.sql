-- The event log of customers' visits that are over: one row an event, for tools of process mining, in the names of XES (IEEE 1849).
--
-- A case is a visit. It has an event when it comes to a zone, named by the zone; one for each view, pickup and put-back at a shelf, named
-- by what was done and where; and one for each payment. In order of the visits' beginning, then of time; at the same moment zones come
-- before shelves, shelves before payments.
WITH visit AS (
    SELECT
        store_id,
        visit_id,
        entered_at,
        left_at,
        ended_by,
        converted,
        bounced,
        basket_total,
        currency,
        priority
    FROM visits
    WHERE
        is_final AND NOT is_staff AND NOT pass_by
        AND store_id = ANY(%(stores)s::text[]) AND entered_at >= %(since)s AND entered_at < %(until)s
),

-- No visit lasted longer, and payments may follow for a moment.
last AS (
    SELECT %(until)s::timestamptz + max(longest_visit) + interval '1 day' AS at
    FROM stores
    WHERE store_id = ANY(%(stores)s::text[])
),

event AS (
    SELECT
        store_id,
        visit_id,
        started_at AS at,
        1 AS place,
        seq,
        zone_id AS activity,
        'stay' AS kind,
        zone_id,
        NULL::text AS shelf_id,
        NULL::text AS product_id,
        dwell_s AS duration_s,
        NULL::numeric(16, 4) AS amount
    FROM stays
    WHERE
        NOT is_staff AND store_id = ANY(%(stores)s::text[])
        AND started_at >= %(since)s AND started_at < (SELECT at FROM last)
    UNION ALL
    SELECT
        store_id,
        visit_id,
        ts,
        2,
        array_position(ARRAY['view', 'pickup', 'putback'], action),
        action || ' ' || shelf_id,
        action,
        zone_id,
        shelf_id,
        product_id,
        duration_s,
        NULL
    FROM shelf_visits
    WHERE
        NOT is_staff AND store_id = ANY(%(stores)s::text[])
        AND ts >= %(since)s AND ts < (SELECT at FROM last)
    UNION ALL
    SELECT
        store_id,
        visit_id,
        ts,
        3,
        0,
        'payment',
        'payment',
        zone_id,
        NULL,
        NULL,
        NULL,
        amount
    FROM payments
    WHERE
        visit_id IS NOT NULL AND store_id = ANY(%(stores)s::text[])
        AND ts >= %(since)s AND ts < (SELECT at FROM last)
)

SELECT
    visit_id AS "case:concept:name",
    activity AS "concept:name",
    at AS "time:timestamp",
    kind,
    zone_id,
    shelf_id,
    product_id,
    duration_s,
    amount,
    store_id AS "case:store_id",
    visit.entered_at AS "case:entered_at",
    visit.left_at AS "case:left_at",
    visit.ended_by AS "case:ended_by",
    visit.converted AS "case:converted",
    visit.bounced AS "case:bounced",
    visit.basket_total AS "case:basket_total",
    visit.currency AS "case:currency",
    visit.priority AS "case:priority"
FROM visit
INNER JOIN event USING (store_id, visit_id)
ORDER BY visit.entered_at, visit_id, at, place, seq, activity, product_id, amount;
