using K8sBackup.Kubernetes.Impact;

namespace K8sBackup.Cli.Impact;

/// <summary>All that is known, before it is done, about the restore of an etcd snapshot.</summary>
internal sealed record RestoreImpact
{
    public required string PointId { get; init; }

    public required string Source { get; init; }

    /// <summary>What the snapshot was compared with: the running etcd, or another restore point and why.</summary>
    public required string ComparedWith { get; init; }

    /// <summary>True when it was the running etcd.</summary>
    public required bool IsLive { get; init; }

    public required ImpactReport Report { get; init; }

    /// <summary>Versions that do not fit, in words; empty when they do.</summary>
    public string VersionSkew { get; init; } = "";

    /// <summary>Captured certificates, the first to end first.</summary>
    public IReadOnlyList<CapturedCertificate> Certificates { get; init; } = [];

    /// <summary>What could not be found out.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}
