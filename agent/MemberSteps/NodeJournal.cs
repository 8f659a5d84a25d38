using System.Text.Json.Serialization;

namespace K8sBackup.Agent.MemberSteps;

/// <summary>
/// What one restore has done to this node. Written before each thing it names is done, so that whoever reads it knows all
/// that may have happened; whether it did is read off the file system.
/// </summary>
internal sealed record NodeJournal
{
    public required string RestoreId { get; init; }

    /// <summary>Manifests that were or are about to be taken away.</summary>
    public IReadOnlyList<HeldManifest> Held { get; init; } = [];

    /// <summary>What was built (JSON form of <c>StagedMember</c>); null before it was verified.</summary>
    public string? Staged { get; init; }

    /// <summary>The data may have been swapped.</summary>
    public bool SwapBegun { get; init; }

    /// <summary>The old data was put aside, for a node that joins with nothing.</summary>
    public bool SetAside { get; init; }

    /// <summary>etcd may run on the new data.</summary>
    public bool EtcdStarted { get; init; }

    /// <summary>An API server may have run on the new data: there is no way back.</summary>
    public bool ApiServerStarted { get; init; }

    /// <summary>Only the way back is left.</summary>
    public bool RollingBack { get; init; }

    /// <summary>How it ended; null while it goes on.</summary>
    public NodeEnd? End { get; init; }

    [JsonIgnore]
    public bool IsOver => End is not null;
}
