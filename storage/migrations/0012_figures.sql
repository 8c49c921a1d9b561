-- The figures of stores, zones, tills, shelves, sales, signals and sensors, as rollups. Definitions and their sources: docs/rollups.md.
--
-- Each query computes the 5 minutes from `mark.bucket` on of the store `mark.store_id`. A visit or stay counts where it began, except
-- where a column says that it counts where it ended. (There the bound on its beginning is for chunks: one of both sides would have the
-- planner take the index over beginnings, and look at all the visits of those hours.) What is still open counts as begun, and nowhere else.
-- `within` names the column by which TimescaleDB has cut the table: `instore_kept.keep` puts the time there.

SELECT instore_kept.define(
    'footfall', 'visits', 'Visits of customers: who came, left, and bought. Staff is left out.',
    $told$
    SELECT
        sum(entered)::bigint AS entered,
        sum(exited)::bigint AS exited,
        sum(passed_by)::bigint AS passed_by,
        sum(completed)::bigint AS completed,
        sum(converted)::bigint AS converted,
        sum(bounced)::bigint AS bounced,
        sum(duration_s) AS duration_s,
        instore.histogram(bin_s) AS duration_histogram
    FROM (
        SELECT
            (NOT visit.pass_by)::integer AS entered,
            0 AS exited,
            visit.pass_by::integer AS passed_by,
            (NOT visit.pass_by AND visit.ended_by IS NOT NULL)::integer AS completed,
            (NOT visit.pass_by AND visit.converted)::integer AS converted,
            (NOT visit.pass_by AND visit.bounced)::integer AS bounced,
            CASE WHEN NOT visit.pass_by AND visit.ended_by IS NOT NULL THEN visit.duration_s::numeric ELSE 0 END AS duration_s,
            CASE WHEN NOT visit.pass_by AND visit.ended_by IS NOT NULL THEN visit.duration_s END AS bin_s
        FROM instore.visits AS visit
        WHERE
            visit.store_id = mark.store_id
            AND visit.entered_at >= mark.bucket AND visit.entered_at < mark.bucket + interval '5 minutes' /* within visit.entered_at */
            AND NOT visit.is_staff
        UNION ALL
        SELECT 0, 1, 0, 0, 0, 0, 0, NULL
        FROM instore.visits AS visit
        WHERE
            visit.store_id = mark.store_id
            AND visit.left_at >= mark.bucket AND visit.left_at < mark.bucket + interval '5 minutes'
            AND visit.entered_at >= mark.bucket - (SELECT longest_visit FROM instore.stores WHERE store_id = mark.store_id) /* within visit.entered_at */
            AND visit.ended_by IS NOT NULL AND NOT visit.is_staff AND NOT visit.pass_by
    ) AS events
    HAVING count(*) > 0
    $told$,
    ARRAY[
        ['entered', 'count', 'Footfall: visits that began, passers-by left out.'],
        ['exited', 'count', 'Visits that ended in it, wherever they began: entered less exited, from the beginning on, are the people inside.'],
        ['passed_by', 'count', 'Visits that began and never left zones of type outside.'],
        ['completed', 'count', 'Visits of entered that have ended.'],
        ['converted', 'count', 'Visits of entered with a payment.'],
        ['bounced', 'count', 'Visits of entered that were shorter than bounce_s (120 s) and without a payment.'],
        ['duration_s', 'amount', 'Seconds that the visits of completed lasted, together.'],
        ['duration_histogram', 'histogram', 'How many of completed lasted how long in seconds: bins of duration_edges(), for percentile().'],
        ['conversion_rate', '= converted / nullif(entered, 0)::double precision', 'converted / entered, from 0 to 1; null without visits.'],
        ['bounce_rate', '= bounced / nullif(completed, 0)::double precision', 'bounced / completed, from 0 to 1; null without ended visits.'],
        ['capture_rate', '= entered / nullif(entered + passed_by, 0)::double precision', 'entered / (entered + passed_by), from 0 to 1; null without both.'],
        ['mean_duration_s', '= (duration_s / nullif(completed, 0))::double precision', 'Mean seconds of a visit that has ended; null without one.']
    ]
);

SELECT instore_kept.define(
    'zone', 'visits', 'Stays of customers in each zone: who came, left, and how long they stayed. Staff is left out.',
    $told$
    SELECT
        zone_id,
        sum(entered)::bigint AS entered,
        sum(exited)::bigint AS exited,
        sum(visits)::bigint AS visits,
        sum(completed)::bigint AS completed,
        sum(dwell_s) AS dwell_s,
        instore.histogram(bin_s) AS dwell_histogram
    FROM (
        SELECT
            stay.zone_id,
            1 AS entered,
            0 AS exited,
            stay.is_first::integer AS visits,
            (NOT stay.is_open)::integer AS completed,
            CASE WHEN stay.is_open THEN 0 ELSE stay.dwell_s::numeric END AS dwell_s,
            CASE WHEN NOT stay.is_open THEN stay.dwell_s END AS bin_s
        FROM instore.stays AS stay
        WHERE
            stay.store_id = mark.store_id
            AND stay.started_at >= mark.bucket AND stay.started_at < mark.bucket + interval '5 minutes' /* within stay.started_at */
            AND NOT stay.is_staff
        UNION ALL
        SELECT stay.zone_id, 0, 1, 0, 0, 0, NULL
        FROM instore.stays AS stay
        WHERE
            stay.store_id = mark.store_id
            AND stay.ended_at >= mark.bucket AND stay.ended_at < mark.bucket + interval '5 minutes'
            AND stay.started_at >= mark.bucket - (SELECT longest_visit FROM instore.stores WHERE store_id = mark.store_id) /* within stay.started_at */
            AND NOT stay.is_open AND NOT stay.is_staff
    ) AS events
    GROUP BY zone_id
    $told$,
    ARRAY[
        ['zone_id', 'dimension', 'The zone.'],
        ['entered', 'count', 'Stays that began.'],
        ['exited', 'count', 'Stays that ended in it, wherever they began: entered less exited, from the beginning on, are the people in the zone.'],
        ['visits', 'count', 'Visits that came to the zone for the first time: zone traffic. Over the entered of footfall it is the exposure rate.'],
        ['completed', 'count', 'Stays of entered that are over.'],
        ['dwell_s', 'amount', 'Seconds of the stays of completed, together.'],
        ['dwell_histogram', 'histogram', 'How many of completed lasted how long in seconds: bins of duration_edges(), for percentile().'],
        ['mean_dwell_s', '= (dwell_s / nullif(completed, 0))::double precision', 'Mean seconds of a stay that is over; null without one.']
    ]
);

SELECT instore_kept.define(
    'queue', 'visits', 'What became of customers who stayed in each zone of type checkout.',
    $told$
    SELECT
        stay.zone_id,
        count(*) AS joined,
        count(stay.paid_at) AS served,
        count(*) FILTER (WHERE stay.paid_at IS NULL AND NOT stay.is_open AND stay.dwell_s >= 30) AS abandoned,
        coalesce(sum(extract(EPOCH FROM stay.paid_at - stay.started_at)), 0) AS wait_s,
        instore.histogram(extract(EPOCH FROM stay.paid_at - stay.started_at)::double precision) AS wait_histogram
    FROM instore.stays AS stay
    INNER JOIN instore.zones AS zone ON zone.store_id = stay.store_id AND zone.zone_id = stay.zone_id AND zone.type = 'checkout'
    WHERE
        stay.store_id = mark.store_id
        AND stay.started_at >= mark.bucket AND stay.started_at < mark.bucket + interval '5 minutes' /* within stay.started_at */
        AND NOT stay.is_staff
    GROUP BY stay.zone_id
    $told$,
    ARRAY[
        ['zone_id', 'dimension', 'The zone.'],
        ['joined', 'count', 'Stays that began.'],
        ['served', 'count', 'Stays of joined with a payment.'],
        ['abandoned', 'count', 'Stays of joined that are over, lasted 30 s or longer, and had no payment.'],
        ['wait_s', 'amount', 'Seconds from the beginning of each stay of served to its payment, together.'],
        ['wait_histogram', 'histogram', 'How many of served waited how long in seconds: bins of duration_edges(), for percentile().'],
        ['mean_wait_s', '= (wait_s / nullif(served, 0))::double precision', 'Mean seconds until the payment; null without one.'],
        ['abandonment_rate', '= abandoned / nullif(served + abandoned, 0)::double precision', 'abandoned / (served + abandoned), from 0 to 1; null without both.']
    ]
);

SELECT instore_kept.define(
    'transition', 'visits', 'Ways of customers from zone to zone. Staff is left out; passers-by move in zones of type outside.',
    $told$
    SELECT from_zone_id, to_zone_id, count(*) AS moves
    FROM (
        SELECT stay.from_zone_id, stay.zone_id AS to_zone_id
        FROM instore.stays AS stay
        WHERE
            stay.store_id = mark.store_id
            AND stay.started_at >= mark.bucket AND stay.started_at < mark.bucket + interval '5 minutes' /* within stay.started_at */
            AND stay.from_zone_id IS DISTINCT FROM stay.zone_id
            AND NOT stay.is_staff
        UNION ALL
        SELECT visit.path[cardinality(visit.path)], NULL
        FROM instore.visits AS visit
        WHERE
            visit.store_id = mark.store_id
            AND visit.left_at >= mark.bucket AND visit.left_at < mark.bucket + interval '5 minutes'
            AND visit.entered_at >= mark.bucket - (SELECT longest_visit FROM instore.stores WHERE store_id = mark.store_id) /* within visit.entered_at */
            AND cardinality(visit.path) > 0
            AND visit.ended_by IS NOT NULL AND NOT visit.is_staff
    ) AS moved
    GROUP BY from_zone_id, to_zone_id
    $told$,
    ARRAY[
        ['from_zone_id', 'dimension', 'The zone left; null for the beginning of a visit.'],
        ['to_zone_id', 'dimension', 'The zone entered; null for the end of a visit.'],
        ['moves', 'count', 'How often somebody went this way, counted where they arrived.']
    ]
);

SELECT instore_kept.define(
    'shelf', 'visits', 'What customers did at each shelf with each product, and what they then bought. Staff is left out.',
    $told$
    SELECT
        touch.shelf_id,
        touch.product_id,
        count(*) FILTER (WHERE touch.action = 'view') AS views,
        count(*) FILTER (WHERE touch.action = 'view' AND touch.duration_s >= 5) AS attentions,
        count(*) FILTER (WHERE touch.action = 'pickup') AS pickups,
        count(*) FILTER (WHERE touch.action = 'putback') AS putbacks,
        count(*) FILTER (WHERE touch.action = 'pickup' AND touch.is_bought) AS bought,
        coalesce(sum(touch.duration_s::numeric), 0) AS attention_s
    FROM instore.shelf_visits AS touch
    WHERE
        touch.store_id = mark.store_id
        AND touch.ts >= mark.bucket AND touch.ts < mark.bucket + interval '5 minutes' /* within touch.ts */
        AND NOT touch.is_staff
    GROUP BY touch.shelf_id, touch.product_id
    $told$,
    ARRAY[
        ['shelf_id', 'dimension', 'The shelf.'],
        ['product_id', 'dimension', 'The product; null where the sensor cannot tell.'],
        ['views', 'count', 'Times that somebody looked.'],
        ['attentions', 'count', 'Views of 5 s or longer.'],
        ['pickups', 'count', 'Times that it was taken up.'],
        ['putbacks', 'count', 'Times that it was put back.'],
        ['bought', 'count', 'Pickups in visits that paid for the product.'],
        ['attention_s', 'amount', 'Seconds that views, pickups and put-backs lasted, together, where they were measured.']
    ]
);

SELECT instore_kept.define(
    'sales', 'payments', 'Payments of each store, with and without a visit.',
    $told$
    SELECT
        payment.currency,
        count(*) FILTER (WHERE payment.amount >= 0) AS payments,
        count(*) FILTER (WHERE payment.amount < 0) AS refunds,
        count(payment.visit_id) AS attributed,
        sum(payment.amount) AS amount
    FROM instore.payments AS payment
    WHERE
        payment.store_id = mark.store_id
        AND payment.ts >= mark.bucket AND payment.ts < mark.bucket + interval '5 minutes' /* within payment.ts */
    GROUP BY payment.currency
    $told$,
    ARRAY[
        ['currency', 'dimension', 'ISO 4217 code.'],
        ['payments', 'count', 'Receipts, refunds left out.'],
        ['refunds', 'count', 'Receipts with a negative total.'],
        ['attributed', 'count', 'Receipts, refunds among them, that belong to a visit.'],
        ['amount', 'amount', 'Turnover in currency, less what was refunded.'],
        ['mean_amount', '= amount / nullif(payments, 0)', 'Turnover a receipt in currency: the mean basket; null without one.']
    ]
);

SELECT instore_kept.define(
    'product', 'payments', 'What was sold of each product.',
    $told$
    SELECT
        item.product_id,
        payment.currency,
        count(*) AS lines,
        sum(item.quantity) AS quantity,
        sum(item.quantity * item.unit_price) AS turnover
    FROM instore.payment_items AS item
    INNER JOIN instore.payments AS payment
        ON payment.store_id = item.store_id AND payment.reading_id = item.reading_id AND payment.ts = item.ts
    WHERE
        item.store_id = mark.store_id
        AND item.ts >= mark.bucket AND item.ts < mark.bucket + interval '5 minutes' /* within item.ts */
        AND payment.ts >= mark.bucket AND payment.ts < mark.bucket + interval '5 minutes' /* within payment.ts */
    GROUP BY item.product_id, payment.currency
    $told$,
    ARRAY[
        ['product_id', 'dimension', 'The product.'],
        ['currency', 'dimension', 'ISO 4217 code.'],
        ['lines', 'count', 'Lines of receipts.'],
        ['quantity', 'amount', 'How much was sold, in the unit of the till (pieces, kilograms).'],
        ['turnover', 'amount', 'quantity times price, in currency.']
    ]
);

SELECT instore_kept.define(
    'signal', 'signals', 'How many signals there were.',
    $told$
    SELECT signal.kind, signal.zone_id, count(*) AS signals
    FROM instore.signals AS signal
    WHERE signal.store_id = mark.store_id AND signal.at >= mark.bucket AND signal.at < mark.bucket + interval '5 minutes' /* within signal.at */
    GROUP BY signal.kind, signal.zone_id
    $told$,
    ARRAY[
        ['kind', 'dimension', 'long_dwell, zone_congested, zone_cleared, queue_long, priority_changed, abandoned_basket or sensor_silent.'],
        ['zone_id', 'dimension', 'The zone they are about; null where none.'],
        ['signals', 'count', 'How many became true.']
    ]
);
