using System.Text.Json.Serialization;

namespace K8sBackup.Model.Manifests;

/// <summary>What came of comparing a snapshot with one member of the cluster. The names are stored in manifests: they stay.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<EtcdProofState>))]
public enum EtcdProofState
{
    /// <summary>The member holds the same key space at the snapshot's revision.</summary>
    Agrees = 1,

    /// <summary>It holds another.</summary>
    Differs,

    /// <summary>It has compacted that revision, or not yet what the snapshot has compacted: nothing can be said.</summary>
    Incomparable,

    /// <summary>It did not reach the revision in time.</summary>
    Behind,

    /// <summary>It did not answer.</summary>
    Unreachable,

    /// <summary>It was not asked, because it has no vote or is not started.</summary>
    NotAsked,
}
