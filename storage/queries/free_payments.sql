-- These payments, which lie between `first` and `last`, belong to nobody until told otherwise.
UPDATE instore.payments AS payment
SET visit_id = NULL
FROM unnest(%(visit_ids)s::uuid[], %(keys)s::text[], %(times)s::timestamptz[]) AS gone (visit_id, reading_id, ts)
WHERE
    payment.visit_id = gone.visit_id
    AND payment.reading_id = gone.reading_id
    AND payment.ts = gone.ts
    AND payment.store_id = ANY(%(store_ids)s::text[])
    AND payment.ts BETWEEN %(first)s::timestamptz AND %(last)s::timestamptz;
