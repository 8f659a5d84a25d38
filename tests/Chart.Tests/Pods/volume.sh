#!/usr/bin/env bash
# make DIRECTORY: files of many owners, modes and kinds. describe DIRECTORY: everything about them that a restore must bring back.
# unlock DIRECTORY: lets them be removed.
set -euo pipefail
export LC_ALL=C
cd "$2"

make() {
  mkdir own foreign closed setgid
  echo a >own/a
  echo b >foreign/b
  echo c >closed/c
  echo s >own/suid
  echo g >setgid/g
  cp /bin/true own/capable
  mknod own/device c 1 3
  mkfifo own/fifo
  ln -s a own/link
  ln foreign/b foreign/hard
  chown -R 1001:1001 foreign own/fifo
  chown -h 1001:1001 own/link
  chown -R 1002:1002 closed
  chown 1003:1004 own/suid
  chown 1003:1005 setgid
  chown 1001:1005 setgid/g
  # cap_net_raw+ep
  setfattr -n security.capability -v 0x0100000200200000000000000000000000000000 own/capable
  setfattr -n user.note -v x foreign/b
  setfacl -m u:1007:rw foreign/b
  chmod 6755 own/suid
  chmod 2775 setgid
  chmod 2755 setgid/g
  chmod 0 closed/c
  chmod 500 closed
  touch -d '2020-01-02 03:04:05.6789' foreign/b closed/c closed
  echo i >own/locked
  chattr +i own/locked
}

unlock() {
  chattr -R -f -i . || true
}

describe() {
  find . -mindepth 1 -printf '%p %y %m %U:%G %T@ %n %l\n' | sort
  getfattr -R -h -d -m- .
  getfacl -R -n -p .
  find . -type f -exec lsattr {} + | sort -k2
  find . -type f -exec sha256sum {} + | sort -k2
}

"$1"
