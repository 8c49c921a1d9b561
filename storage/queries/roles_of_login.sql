-- Which of these roles a login was given, by name. A superuser has them all without being given one.
SELECT role.rolname
FROM pg_auth_members AS member
INNER JOIN pg_roles AS role ON role.oid = member.roleid
INNER JOIN pg_roles AS login ON login.oid = member.member
WHERE
    login.rolname = %(login)s
    AND role.rolname = ANY(%(roles)s::text[])
    -- Who has made a role is a member of it, in order to give it to others.
    AND pg_has_role(login.oid, role.oid, 'USAGE')
ORDER BY role.rolname
LIMIT 1;
