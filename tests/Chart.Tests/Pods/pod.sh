#!/usr/bin/env bash
# Runs a program as a container runtime would run it in a pod: a file system of its own that is read-only but for what is mounted, one user,
# these capabilities and no others, no new privileges. To be started in a mount namespace of its own (unshare --mount).
# usage: pod.sh USER CAPABILITIES ROOT PROGRAMS [FROM:TO:(ro|rw)]... -- PROGRAM ARGUMENT...
set -euo pipefail
user=$1 capabilities=$2 root=$3 programs=$4
shift 4

mount --make-rslave /
mount -t tmpfs -o mode=755 tmpfs "$root"
mkdir -p "$root"/{proc,dev,etc,usr,old}
# What an image has: libraries, and below the runtime and the programs.
for link in bin sbin lib lib64; do cp -a "/$link" "$root/$link"; done
readonly_as_here() {
  mkdir -p "$root$1"
  mount --rbind "$1" "$root$1"
  mount -o remount,bind,ro "$root$1"
}
readonly_as_here /usr
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
cp /etc/hosts /etc/nsswitch.conf "$root/etc/"

while [ "$1" != -- ]; do
  IFS=: read -r from to mode <<<"$1"
  mkdir -p "$root$to"
  mount --rbind "$from" "$root$to"
  [ "$mode" = rw ] || mount -o remount,bind,ro "$root$to"
  shift
done
shift
# After the volumes, one of which may be mounted above where they are.
for path in "$programs" ${DOTNET_ROOT:+"$DOTNET_ROOT"}; do readonly_as_here "$path"; done

cd "$root"
pivot_root . old
umount --lazy /old
mount -o remount,ro /
exec setpriv --reuid "$user" --regid "$user" --clear-groups --inh-caps=-all --bounding-set="-all$capabilities" --no-new-privs "$@"
