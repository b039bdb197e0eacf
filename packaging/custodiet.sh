#!/bin/sh
# The command line of the installed product: the same settings file as the service's, unless another is named.
: "${CUSTODIET_CONFIG=/etc/custodiet/custodiet.yml}"
export CUSTODIET_CONFIG
exec /usr/lib/custodiet/custodiet "$@"
