#!/bin/sh
# set_up.sh FOLDER: what the browser tests need, Debian's Chromium and (in FOLDER, from npm) axe-core. Quick when all is
# there, and never fails: without them those tests skip and say so, unless FATESCORE_NEED_BROWSER is set.
folder=$1
have() { command -v "$1" >/dev/null; }
ready() { have chromium && [ -f "$folder/node_modules/axe-core/axe.min.js" ]; }

ready && exit 0
missing="$(have chromium || echo chromium fonts-dejavu-core) $(have npm || echo npm)"
if [ -n "$(echo $missing)" ] && have apt-get && [ "$(id -u)" = 0 ]; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi
have npm && npm install --silent --no-package-lock --no-audit --no-fund --prefix "$folder" axe-core@4.14.1 >/dev/null
ready || echo "The browser tests will skip: they need chromium and npm (Debian: apt-get install chromium npm)." >&2
exit 0
