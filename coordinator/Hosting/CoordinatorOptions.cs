using System.Net;
using K8sBackup.Coordinator.Drills;
using K8sBackup.Coordinator.Kubernetes;
using K8sBackup.Coordinator.Retention;
using K8sBackup.ObjectStore.Opening;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Hosting;

/// <summary>The coordinator's configuration file, read and checked. Paths are absolute.</summary>
public sealed record CoordinatorOptions
{
    /// <summary>Name of the cluster: part of every identity.</summary>
    public required string Cluster { get; init; }

    /// <summary>Where to listen; port 0 takes a free one, which is written to <c>address</c> in the state directory.</summary>
    public required IPEndPoint Listen { get; init; }

    /// <summary>Names and addresses agents and operators use, for the server certificate.</summary>
    public required IReadOnlyList<string> Hosts { get; init; }

    /// <summary>Directory for everything the coordinator keeps outside the store. Private.</summary>
    public required string State { get; init; }

    /// <summary>Directory of plan files; may be empty when plans are custom resources.</summary>
    public required string Plans { get; init; }

    /// <summary>Where backups are kept.</summary>
    public required StoreOptions Store { get; init; }

    /// <summary>File with the repository's key.</summary>
    public required string KeyFile { get; init; }

    public LimitOptions Limits { get; init; } = new();

    public CheckSchedule Checks { get; init; } = new();

    /// <summary>When restores are rehearsed.</summary>
    public DrillSettings Drills { get; init; } = new();

    /// <summary>When and how the repository is pruned.</summary>
    public PruneSettings Prune { get; init; } = new();

    /// <summary>The cluster whose API may be used; null for none.</summary>
    public KubernetesOptions? Kubernetes { get; init; }

    /// <summary>The file this was read from; empty when it was not.</summary>
    public string ConfigFile { get; init; } = "";

    /// <summary>The file's text.</summary>
    public string ConfigText { get; init; } = "";

    /// <summary>Where probes are answered over plain HTTP; null for nowhere.</summary>
    public IPEndPoint? Health { get; init; }

    public LogLevel LogLevel { get; init; } = LogLevel.Information;
}
