#!/bin/sh
# Creates the namespace and the search attributes that a case needs. Running it again does no harm.
set -eu

namespace=${TEMPORAL_NAMESPACE:-default}
attempts=60

# Tries a command once a second; says what it waits for, and gives up with the command's own words.
wait_for() {
  what=$1
  shift
  attempt=1
  until answer=$("$@" 2>&1); do
    if [ "$attempt" -ge "$attempts" ]; then
      echo "$what: not within $attempts attempts. $answer" >&2
      exit 1
    fi
    echo "Waiting for $what ($attempt/$attempts) ..."
    attempt=$((attempt + 1))
    sleep 1
  done
}

wait_for 'the Temporal server' temporal operator cluster health
if ! temporal operator namespace describe --namespace "$namespace" >/dev/null 2>&1; then
  wait_for 'the new namespace' temporal operator namespace create --namespace "$namespace" --retention 720h
fi
# The server caches namespaces: a new one takes some seconds to be seen.
wait_for 'the namespace' temporal operator search-attribute list --namespace "$namespace"

# The same names and types as src/contract/search-attributes.ts; a test compares them.
for attribute in \
  QualificationStatus=Keyword \
  QualificationPlatform=Keyword \
  WxAppId=Keyword \
  WxCategoryId=Keyword \
  WxAuditId=Keyword \
  QualificationAttempt=Int \
  QualificationDueAt=Datetime; do
  wait_for "the search attribute ${attribute%=*}" temporal operator search-attribute create \
    --namespace "$namespace" --name "${attribute%=*}" --type "${attribute#*=}"
done
echo "The namespace $namespace is ready."
