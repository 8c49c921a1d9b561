-- Stays that do not repeat what their visit, their neighbours and its payments say.
SELECT stay.*
FROM instore.stays AS stay
LEFT JOIN pg_temp.told_stays AS told ON told.visit_id = stay.visit_id AND told.seq = stay.seq
WHERE
    (stay.is_staff, stay.is_open, stay.is_first, stay.from_zone_id) IS DISTINCT FROM
    (told.is_staff, NOT told.is_over, told.nth = 1, told.before_zone_id)
    OR stay.paid_at IS DISTINCT FROM (
        SELECT min(payment.ts)
        FROM instore.payments AS payment
        WHERE payment.visit_id = stay.visit_id AND payment.ts >= stay.started_at AND payment.ts < coalesce(told.next_at, 'infinity')
    );
