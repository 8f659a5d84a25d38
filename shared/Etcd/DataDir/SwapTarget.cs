namespace K8sBackup.Etcd.DataDir;

/// <summary>Where a swap takes place.</summary>
public sealed record SwapTarget
{
    /// <summary>The data-dir, parent of <c>member</c>. Often a mount point, so it is never renamed itself.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Id of the restore: letters, digits and hyphens, at most 64.</summary>
    public required string Id { get; init; }

    /// <summary>The WAL directory when etcd keeps it apart (--wal-dir), else null.</summary>
    public string? WalDirectory { get; init; }

    /// <summary>Name inside the data-dir to keep the old member under; null for <c>.kb-old-</c> and the id. Must be new.</summary>
    public string? KeepOldAs { get; init; }

    /// <summary>Directory inside the data-dir to build the new member in.</summary>
    public string StageDirectory => Path.Combine(DataDirectory, StageName);

    /// <summary>Directory inside the separate WAL directory to build the new WAL in, else null.</summary>
    public string? WalStageDirectory => WalDirectory is null ? null : Path.Combine(WalDirectory, StageName);

    /// <summary>The directory etcd uses.</summary>
    public string MemberDirectory => Path.Combine(DataDirectory, "member");

    /// <summary>Where the old member is kept after the swap.</summary>
    public string OldMemberDirectory => Path.Combine(DataDirectory, OldName);

    internal string StageName => ".kb-restore-" + Id;

    internal string OldName => KeepOldAs ?? ".kb-old-" + Id;
}
