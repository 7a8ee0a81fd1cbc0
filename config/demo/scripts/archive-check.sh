#!/bin/sh
# A before handler as a local script: the event's JSON comes on standard input.
# Exit 0: allow (standard output may hold an answer). Exit 10: forbid, standard output is the reason.
body=$(cat)
case "$body" in
  *'"object_id":13'*) echo "client 13 still has open invoices"; exit 10 ;;
esac
exit 0
