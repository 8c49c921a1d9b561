INSERT INTO instore.layouts (store_id, version, layout, source)
VALUES (%(store_id)s, %(version)s, %(layout)s::jsonb, %(source)s);
