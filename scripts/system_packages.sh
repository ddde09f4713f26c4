#!/bin/sh
# Debian packages that some tasks and tests use. Installed only as root with apt; otherwise named, and the parts
# that need them say so when they are missing.
set -eu
need=""
command -v bwrap >/dev/null 2>&1 || need="$need bubblewrap"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || need="$need postgresql"
command -v chromium >/dev/null 2>&1 || need="$need chromium"
[ -z "$need" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "installing Debian packages:$need"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends $need >/dev/null
else
  echo "not installed (needs root):$need; the fence, the PostgreSQL tests or the page's tests will say so"
fi
