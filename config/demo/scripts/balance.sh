#!/bin/sh
# An after handler as a local script: exit 0 means delivered, 75 means try again later.
cat > /dev/null
exit 0
