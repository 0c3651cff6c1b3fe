#!/bin/sh
# Writes .env from .env.example with fresh secrets; never over one that is there.
#   sh docker/new-env.sh              for real accounts: docs/installing.md says what to set then
#   sh docker/new-env.sh --sandbox    with an imitation of WeChat and its accounts, to try everything
set -eu
cd "$(dirname "$0")/.."

sandbox=
case ${1:-} in
  '') ;;
  --sandbox) sandbox=yes ;;
  *)
    echo 'usage: sh docker/new-env.sh [--sandbox]' >&2
    exit 2
    ;;
esac
if [ -e .env ]; then
  echo '.env is there already; it holds secrets that the volumes depend on. Change single lines in it instead.' >&2
  exit 1
fi

# 24 bytes in hexadecimal digits: needs no quoting in an address or a file.
word() { od -An -v -tx1 -N24 /dev/urandom | tr -d ' \n'; }
set_line() { lines="$lines
s|^$1=.*|$1=$2|"; }
lines=
set_line POSTGRES_PASSWORD "$(word)"
set_line WXQ_DATABASE_PASSWORD "$(word)"
set_line GRAFANA_ADMIN_PASSWORD "$(word)"
set_line WXQ_SECRET_KEY "$(head -c 32 /dev/urandom | base64)"
set_line WXQ_CONSOLE_USERS "admin:$(word)"
set_line WXQ_API_TOKENS "backend:starter:$(word)"
if [ -n "$sandbox" ]; then
  set_line COMPOSE_PROFILES sandbox
  set_line WXQ_WECHAT_BASE_URL http://sandbox:8090
  set_line WXQ_ACCOUNTS_FILE ./docker/sandbox/accounts.json
fi

umask 077
# Whole or not at all: a half-written .env would be taken for one that is there.
sed "$lines" .env.example > ".env.$$"
mv ".env.$$" .env
echo '.env is written. Console: http://127.0.0.1:8081/ as admin, Grafana: http://127.0.0.1:3000/ as admin; their'
echo 'passwords stand in it as WXQ_CONSOLE_USERS and GRAFANA_ADMIN_PASSWORD.'
