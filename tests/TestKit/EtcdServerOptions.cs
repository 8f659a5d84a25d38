using K8sBackup.TestKit.Certificates;

namespace K8sBackup.TestKit;

/// <summary>How a test's etcd is started.</summary>
public sealed record EtcdServerOptions
{
    /// <summary>The member's name.</summary>
    public string Name { get; init; } = "m1";

    /// <summary>The etcd program; Debian's by default.</summary>
    public string Program { get; init; } = "/usr/bin/etcd";

    /// <summary>When set, clients speak TLS and must show a certificate of this authority.</summary>
    public TestCertificateAuthority? Authority { get; init; }

    /// <summary>A data-dir to start from, such as a restored one; it is used in place and not deleted. Null makes an empty one.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>The initial cluster token.</summary>
    public string ClusterToken { get; init; } = "k8sbackup-test";

    /// <summary>Further arguments, such as <c>--quota-backend-bytes=16777216</c>.</summary>
    public IReadOnlyList<string> ExtraArguments { get; init; } = [];
}
