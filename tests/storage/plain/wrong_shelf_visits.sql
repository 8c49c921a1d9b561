-- Shelf visits that do not repeat what their visit and its receipts say.
SELECT touch.*
FROM instore.shelf_visits AS touch
LEFT JOIN instore.visits AS visit ON visit.visit_id = touch.visit_id
WHERE
    touch.is_staff IS DISTINCT FROM visit.is_staff
    OR touch.is_bought <> EXISTS (
        SELECT FROM instore.payments AS payment
        INNER JOIN instore.payment_items AS item USING (store_id, reading_id, ts)
        WHERE payment.visit_id = touch.visit_id AND item.product_id = touch.product_id
    );
