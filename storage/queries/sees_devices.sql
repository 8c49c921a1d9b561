-- Whether a login may read devices: as itself, or as any role that it can become.
SELECT
    EXISTS (
        SELECT
        FROM pg_roles AS role
        WHERE
            pg_has_role(%(login)s, role.oid, 'MEMBER')
            AND (
                has_any_column_privilege(role.oid, 'instore.visits', 'SELECT')
                OR has_any_column_privilege(role.oid, 'instore.pseudonym_key', 'SELECT')
            )
    );
