#!/bin/sh
# Makes the database `wxq` and the user `wxq` that owns it and reads no other. Running it again does no harm, and takes a
# changed WXQ_DATABASE_PASSWORD over. The server is named by PGHOST, PGPORT, PGUSER, PGPASSWORD.
set -eu

: "${WXQ_DATABASE_PASSWORD:?is not set}"

# The password goes by the environment and psql's own quoting: it is in no command line, log or statement text of ours.
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --dbname postgres <<'SQL'
\getenv password WXQ_DATABASE_PASSWORD
SELECT 'CREATE ROLE wxq LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'wxq')
\gexec
ALTER ROLE wxq WITH LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'password';
SELECT 'CREATE DATABASE wxq OWNER wxq' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'wxq')
\gexec
REVOKE ALL ON DATABASE wxq FROM PUBLIC;
-- Temporal's databases may not be there yet: they are made at the same time, by the user who owns this server.
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', datname) FROM pg_database
WHERE datname IN ('temporal', 'temporal_visibility', 'postgres')
\gexec
SQL
echo 'The database wxq is ready.'
