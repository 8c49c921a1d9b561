-- Logins that may read as analyst or grafana, and for which nobody has set a limit of time: settings of a group do not count for them.
-- Nor does one in another database: a restored database is one whose readers are to be granted again.
SELECT
    login.rolname,
    substr(role.rolname, length('instore_') + 1)
FROM pg_auth_members AS member
INNER JOIN pg_roles AS role ON role.oid = member.roleid AND role.rolname IN ('instore_analyst', 'instore_grafana')
INNER JOIN pg_roles AS login ON login.oid = member.member AND login.rolcanlogin
WHERE
    has_database_privilege(login.oid, current_database(), 'CONNECT')
    -- Who has made a role is a member of it, in order to give it to others.
    AND pg_has_role(login.oid, role.oid, 'USAGE')
    AND NOT login.rolsuper
    AND NOT EXISTS (
        SELECT
        FROM pg_db_role_setting AS setting
        WHERE
            (
                (setting.setrole = login.oid AND setting.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database())))
                OR (setting.setrole = 0 AND setting.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database()))
            )
            AND EXISTS (SELECT FROM unnest(setting.setconfig) AS one (text) WHERE one.text LIKE 'statement_timeout=%')
    )
ORDER BY login.rolname
LIMIT 1;
