using System.Text.Json.Serialization;

namespace K8sBackup.Model.Manifests;

/// <summary>One member of the cluster when a snapshot was taken, and whether it holds what the snapshot holds.</summary>
/// <param name="MemberId">Its id, hexadecimal as etcd prints it.</param>
/// <param name="Name">Its name; empty when it never started.</param>
/// <param name="Version">Version of its program; empty when it did not answer.</param>
/// <param name="Role">"leader", "follower" or "learner"; empty when it did not answer.</param>
/// <param name="AppliedIndex">The last entry of the log it had applied; 0 when it did not answer.</param>
/// <param name="State">What the comparison gave.</param>
/// <param name="HashKv">Its hash at the snapshot's revision; 0 when there is none.</param>
/// <param name="CompactRevision">The compact revision of that hash, for which the snapshot's was computed again.</param>
/// <param name="Detail">What else is to be said.</param>
public sealed record EtcdMemberProof(
    string MemberId, string Name, string Version, string Role, ulong AppliedIndex, EtcdProofState State, uint HashKv, long CompactRevision, string Detail)
{
    /// <summary>Most members a manifest names.</summary>
    public const int MembersMax = 64;

    /// <summary>True when it takes part in elections.</summary>
    [JsonIgnore]
    public bool HasVote => Role != "learner";
}
