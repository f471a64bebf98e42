-- The invariant checker's role: reads every database of the stack, writes none.
-- Run by psql as often as wanted. Variables: name, password, wallet, gifts, payouts (databases).
SELECT format('CREATE ROLE %I LOGIN', :'name')
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'name') \gexec

ALTER ROLE :"name" WITH LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD :'password';
GRANT pg_read_all_data TO :"name";
GRANT CONNECT ON DATABASE :"wallet", :"gifts", :"payouts" TO :"name";
