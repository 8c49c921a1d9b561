SELECT
    touch.store_id,
    pg_temp.cut(touch.store_id, touch.ts) AS bucket,
    touch.shelf_id,
    touch.product_id,
    count(*) FILTER (WHERE touch.action = 'view') AS views,
    count(*) FILTER (WHERE touch.action = 'view' AND touch.duration_s >= 5) AS attentions,
    count(*) FILTER (WHERE touch.action = 'pickup') AS pickups,
    count(*) FILTER (WHERE touch.action = 'putback') AS putbacks,
    count(*) FILTER (WHERE touch.action = 'pickup' AND EXISTS (
        SELECT FROM instore.payments AS payment
        INNER JOIN instore.payment_items AS item USING (store_id, reading_id, ts)
        WHERE payment.visit_id = touch.visit_id AND item.product_id = touch.product_id
    )) AS bought,
    coalesce(sum(touch.duration_s::numeric), 0) AS attention_s
FROM instore.shelf_visits AS touch
INNER JOIN instore.visits AS visit USING (visit_id)
WHERE NOT visit.is_staff
GROUP BY 1, 2, 3, 4;
