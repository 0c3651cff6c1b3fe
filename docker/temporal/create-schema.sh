#!/bin/sh
# Creates both databases of Temporal, or brings their schema up to date. Running it again does no harm; a first run that
# was cut off half-way needs an empty volume (temporalio/temporal issue 1087).
set -eu

setup() {
  database=$1
  versions=$2
  tool="temporal-sql-tool --plugin postgres12 --ep $POSTGRES_SEEDS -p $DB_PORT -u $POSTGRES_USER --db $database"
  $tool create
  $tool setup-schema -v 0.0
  $tool update-schema -d "${TEMPORAL_SCHEMA_DIR:-/etc/temporal/schema}/postgresql/v12/$versions/versioned"
}

setup temporal temporal
setup temporal_visibility visibility
echo 'The schema is in place.'
