using K8sBackup.TestKit.Certificates;

namespace K8sBackup.TestKit.ObjectGateways;

/// <summary>How a <see cref="CephServer"/> is started.</summary>
public sealed record CephServerOptions
{
    /// <summary>Issues the certificate of the TLS port; without it there is only plain HTTP.</summary>
    public TestCertificateAuthority? Authority { get; init; }

    /// <summary>Bytes the object store holds, in memory.</summary>
    public long CapacityBytes { get; init; } = 2L << 30;
}
