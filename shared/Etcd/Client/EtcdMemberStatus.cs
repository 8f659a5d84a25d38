using K8sBackup.Etcd.Snapshots;

namespace K8sBackup.Etcd.Client;

/// <summary>A member's answer about itself.</summary>
public sealed record EtcdMemberStatus
{
    /// <summary>Its cluster.</summary>
    public required ulong ClusterId { get; init; }

    /// <summary>Its id.</summary>
    public required ulong MemberId { get; init; }

    /// <summary>Newest revision it has applied.</summary>
    public required long Revision { get; init; }

    /// <summary>Program version, for example "3.5.21".</summary>
    public required string Version { get; init; }

    /// <summary>Length of the database file; a snapshot is at most this long.</summary>
    public required long DatabaseBytes { get; init; }

    /// <summary>Bytes of it in use.</summary>
    public required long DatabaseBytesInUse { get; init; }

    /// <summary>Id of the leader it knows, 0 for none.</summary>
    public required ulong LeaderId { get; init; }

    /// <summary>Raft term.</summary>
    public required ulong RaftTerm { get; init; }

    /// <summary>Last log index it knows.</summary>
    public required ulong RaftIndex { get; init; }

    /// <summary>Last log index it has applied.</summary>
    public required ulong RaftAppliedIndex { get; init; }

    /// <summary>Alarms and other states that hinder it, in etcd's words.</summary>
    public required IReadOnlyList<string> Errors { get; init; }

    /// <summary>True for a member without a vote.</summary>
    public required bool IsLearner { get; init; }

    /// <summary>Storage version, from 3.6 on, else null.</summary>
    public required string? StorageVersion { get; init; }

    /// <summary>Quota in bytes, from 3.6 on, else 0.</summary>
    public required long DatabaseBytesQuota { get; init; }

    /// <summary>True when this member leads.</summary>
    public bool IsLeader => LeaderId != 0 && LeaderId == MemberId;

    /// <summary>True when a CORRUPT alarm hinders it.</summary>
    public bool IsCorrupt => Errors.Any(error => error.Contains("CORRUPT", StringComparison.OrdinalIgnoreCase));

    /// <summary>Version as far as data formats depend on it; null when it does not parse.</summary>
    public EtcdVersion? DataVersion => EtcdVersion.TryParse(Version, out var version) ? version : null;
}
