-- The role of the checker in each of the three databases: it reads all of them, and changes nothing. Run by
-- psql, as often as wanted; of an older role it renews the password.
\set ON_ERROR_STOP on
\getenv password CHECKER_PASSWORD
\getenv wallet WALLET_PASSWORD
\getenv gifts GIFTS_PASSWORD
\getenv payouts PAYOUTS_PASSWORD

\set where 'host=wallet-postgres user=wallet dbname=wallet password=' :wallet
\connect :where
SELECT 'CREATE ROLE checker LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'checker') \gexec
ALTER ROLE checker WITH LOGIN NOSUPERUSER PASSWORD :'password';
GRANT pg_read_all_data TO checker;

\set where 'host=gifts-postgres user=gifts dbname=gifts password=' :gifts
\connect :where
SELECT 'CREATE ROLE checker LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'checker') \gexec
ALTER ROLE checker WITH LOGIN NOSUPERUSER PASSWORD :'password';
GRANT pg_read_all_data TO checker;

\set where 'host=payouts-postgres user=payouts dbname=payouts password=' :payouts
\connect :where
SELECT 'CREATE ROLE checker LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'checker') \gexec
ALTER ROLE checker WITH LOGIN NOSUPERUSER PASSWORD :'password';
GRANT pg_read_all_data TO checker;
