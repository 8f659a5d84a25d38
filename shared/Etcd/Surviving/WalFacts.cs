namespace K8sBackup.Etcd.Surviving;

/// <summary>What a server's log says about itself.</summary>
public sealed record WalFacts
{
    /// <summary>The member the log belongs to; 0 when nothing says.</summary>
    public ulong MemberId { get; init; }

    /// <summary>Its cluster.</summary>
    public ulong ClusterId { get; init; }

    /// <summary>Term of the last hard state.</summary>
    public ulong Term { get; init; }

    /// <summary>Whom it voted for in that term, 0 for nobody.</summary>
    public ulong Vote { get; init; }

    /// <summary>Index up to which the cluster had agreed, as far as this member knew.</summary>
    public ulong Commit { get; init; }

    /// <summary>Index of the last entry.</summary>
    public ulong LastIndex { get; init; }

    /// <summary>Term of the last entry.</summary>
    public ulong LastTerm { get; init; }

    /// <summary>Files of the log.</summary>
    public int Files { get; init; }

    /// <summary>Where it is damaged or ends too early; empty when it is whole. What stands before that still counts.</summary>
    public string Damage { get; init; } = "";
}
