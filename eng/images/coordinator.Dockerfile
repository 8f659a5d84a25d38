# The coordinator: its program, the libraries it loads, certificates and time zones; no shell, no package manager, nobody's root.
# Built by './dev image', which publishes the program, with its runtime, into the context.

# Pin it for a release: --build-arg BASE=debian@sha256:...
ARG BASE=debian:bookworm-20250908-slim

FROM ${BASE} AS libraries
# libc6, libgcc-s1, libstdc++6: the runtime; libssl3: TLS, hashing and sealing; libzstd1: compression; tzdata: schedules in local time;
# ca-certificates: bucket stores with public certificates.
RUN set -eu; \
    apt-get update; \
    apt-get install --yes --no-install-recommends ca-certificates; \
    mkdir -p /packages /image/etc/ssl/certs /image/tmp; \
    cd /packages; \
    apt-get download libc6 libgcc-s1 libstdc++6 libssl3 libzstd1 tzdata; \
    for package in *.deb; do dpkg -x "$package" /image; done; \
    rm -rf /image/usr/share/doc /image/usr/share/man /image/usr/share/lintian /image/usr/share/locale /image/usr/bin /image/usr/sbin /image/sbin; \
    cp /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/; \
    echo 'nobody:x:65532:65532::/:/nonexistent' >/image/etc/passwd; \
    echo 'nobody:x:65532:' >/image/etc/group; \
    echo 'hosts: files dns' >/image/etc/nsswitch.conf; \
    chmod 1777 /image/tmp

FROM scratch
COPY --from=libraries /image/ /
COPY . /opt/k8sbackup/
# No diagnostics socket: the root file system is read-only, and nobody is to attach to a process that holds keys.
ENV DOTNET_EnableDiagnostics=0 \
    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
USER 65532:65532
ENTRYPOINT ["/opt/k8sbackup/k8sbackup-coordinator"]
