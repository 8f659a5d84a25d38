using K8sBackup.Etcd.DataDir;

namespace K8sBackup.Etcd.Booting;

/// <summary>What to try.</summary>
public sealed record BootTestRequest
{
    /// <summary>The program to start; the node's own where there is one.</summary>
    public required EtcdBinary Binary { get; init; }

    /// <summary>
    /// The restore that is rehearsed: its snapshot, bump and transformations. Members, token, target version, stage, owner and
    /// label are replaced, for a cluster of one on the loopback in the scratch directory.
    /// </summary>
    public required DataDirRequest DataDir { get; init; }

    /// <summary>A directory for this test alone, missing or empty; with room for the database twice. Deleted afterwards.</summary>
    public required string ScratchDirectory { get; init; }

    /// <summary>
    /// True refuses to start the server without a network namespace of its own. False falls back to free ports of the node's
    /// loopback; other users of the node still need the certificate, which lies in the scratch directory, to call it.
    /// </summary>
    public bool RequireIsolation { get; init; }

    /// <summary>Keys read one by one and compared.</summary>
    public int SampledKeys { get; init; } = 64;

    /// <summary>Chooses the sampled keys.</summary>
    public int SampleSeed { get; init; }

    /// <summary>Time the server has until it serves. It reads the whole database first.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromMinutes(5);

    internal DataDirRequest ToScratch(InitialMember member, string stage) => DataDir with
    {
        StageDirectory = stage,
        WalStageDirectory = null,
        Members = [member],
        MemberName = member.Name,
        ClusterToken = $"kb-boot-{Path.GetFileName(ScratchDirectory)}",
        TargetVersion = Binary.Version,
        Owner = null,
        LabelFrom = null,
    };
}
