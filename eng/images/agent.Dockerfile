# The agent: its program and the libraries it loads; no shell, no package manager, and neither certificates of the world nor time zones,
# since it talks to the coordinator and etcd only, whose authorities it is given.
# Built by './dev image', which publishes the program, with its runtime, into the context.

# Pin it for a release: --build-arg BASE=debian@sha256:...
ARG BASE=debian:bookworm-20250908-slim

FROM ${BASE} AS libraries
# libc6, libgcc-s1, libstdc++6: the runtime; libssl3: TLS and hashing; libzstd1: compression.
RUN set -eu; \
    apt-get update; \
    mkdir -p /packages /image/etc /image/tmp; \
    cd /packages; \
    apt-get download libc6 libgcc-s1 libstdc++6 libssl3 libzstd1; \
    for package in *.deb; do dpkg -x "$package" /image; done; \
    rm -rf /image/usr/share/doc /image/usr/share/man /image/usr/share/lintian /image/usr/share/locale /image/usr/bin /image/usr/sbin /image/sbin; \
    echo 'hosts: files dns' >/image/etc/nsswitch.conf; \
    chmod 1777 /image/tmp

FROM scratch
COPY --from=libraries /image/ /
COPY . /opt/k8sbackup/
# No diagnostics socket: the root file system is read-only.
ENV DOTNET_EnableDiagnostics=0
# Files of every owner are read. Of root's rights the pod leaves those the chart names.
USER 0:0
ENTRYPOINT ["/opt/k8sbackup/k8sbackup-agent"]
