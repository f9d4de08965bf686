#!/bin/sh
# Secrets become the environment of the process, and of nothing else: no image, file or command line holds them.
set -eu
read_secret() { [ ! -r "/run/secrets/$1" ] || cat "/run/secrets/$1"; }
KIS_APP_KEY=$(read_secret app_key) KIS_APP_SECRET=$(read_secret app_secret) XLWINGS_LICENSE_KEY=$(read_secret license_key)
export KIS_APP_KEY KIS_APP_SECRET XLWINGS_LICENSE_KEY
exec xlwings-kis "$@"
