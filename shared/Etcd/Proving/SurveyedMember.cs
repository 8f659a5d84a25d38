using K8sBackup.Etcd.Client;
using K8sBackup.Etcd.Snapshots;

namespace K8sBackup.Etcd.Proving;

/// <summary>A member of the cluster as it was found.</summary>
public sealed record SurveyedMember
{
    /// <summary>What the member list says of it.</summary>
    public required EtcdMemberFact Member { get; init; }

    /// <summary>Where it answered, or would be asked; null when it is not known.</summary>
    public EtcdEndpoint? Endpoint { get; init; }

    /// <summary>What it says of itself; null when it did not answer.</summary>
    public EtcdMemberStatus? Status { get; init; }

    /// <summary>Why there is no status.</summary>
    public string Problem { get; init; } = "";

    /// <summary>True for the member whose endpoint was given: the one of this node.</summary>
    public bool IsLocal { get; init; }

    /// <summary>Whether it rewrites its database just now; null when it does not tell.</summary>
    public bool? IsDefragmenting { get; init; }

    /// <summary>True when it has a vote.</summary>
    public bool HasVote => !Member.IsLearner && Status?.IsLearner != true;

    /// <summary>Its name, or its id while it has none.</summary>
    public string Label => Member.Name.Length > 0 ? Member.Name : Member.Id.ToString("x", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>"leader", "follower" or "learner"; empty when it did not answer.</summary>
    public string Role => Status is null ? "" : !HasVote ? "learner" : Status.IsLeader ? "leader" : "follower";
}
