using K8sBackup.Model.Manifests;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Transport.Mapping;

/// <summary>Evidence about etcd snapshots on the wire.</summary>
public static class EtcdMapping
{
    public static Wire.EtcdEvidence ToWire(EtcdEvidence evidence)
    {
        ArgumentNullException.ThrowIfNull(evidence);
        return new Wire.EtcdEvidence
        {
            Revision = evidence.Revision,
            CompactRevision = evidence.CompactRevision,
            Keys = evidence.Keys,
            DatabaseBytes = evidence.DatabaseBytes,
            PageBytes = evidence.PageBytes,
            ClusterId = evidence.ClusterId,
            MemberId = evidence.MemberId,
            MemberName = evidence.MemberName,
            ServerVersion = evidence.ServerVersion,
            DataVersion = evidence.DataVersion,
            Sha256 = evidence.Sha256,
            HashKv = evidence.HashKv,
            Verified = { evidence.Verified },
            Members = { evidence.Members },
            Alarms = { evidence.Alarms },
            Proof = { evidence.Proof.Select(ToWire) },
            Suspicion = evidence.Suspicion,
            Notes = { evidence.Notes },
            Encryption = { evidence.Encryption.Select(use => new Wire.EncryptionUse { Provider = use.Provider, Key = use.Key, Values = use.Values }) },
        };
    }

    public static EtcdEvidence? ToModel(Wire.EtcdEvidence? wire) => wire is null ? null : new EtcdEvidence
    {
        Revision = wire.Revision,
        CompactRevision = wire.CompactRevision,
        Keys = wire.Keys,
        DatabaseBytes = wire.DatabaseBytes,
        PageBytes = wire.PageBytes,
        ClusterId = wire.ClusterId,
        MemberId = wire.MemberId,
        MemberName = wire.MemberName,
        ServerVersion = wire.ServerVersion,
        DataVersion = wire.DataVersion,
        Sha256 = wire.Sha256,
        HashKv = wire.HashKv,
        Verified = [.. wire.Verified],
        Members = [.. wire.Members],
        Alarms = [.. wire.Alarms],
        Proof = [.. wire.Proof.Select(ToModel)],
        Notes = [.. wire.Notes],
        Encryption = [.. wire.Encryption.Select(use => new EncryptionUse(use.Provider, use.Key, use.Values))],
    };

    private static Wire.EtcdMemberProof ToWire(EtcdMemberProof proof) => new()
    {
        MemberId = proof.MemberId,
        Name = proof.Name,
        Version = proof.Version,
        Role = proof.Role,
        AppliedIndex = proof.AppliedIndex,
        State = (Wire.EtcdProofState)(int)proof.State,
        HashKv = proof.HashKv,
        CompactRevision = proof.CompactRevision,
        Detail = proof.Detail,
    };

    // A state of a newer program counts as one that proves nothing.
    private static EtcdMemberProof ToModel(Wire.EtcdMemberProof wire)
    {
        EtcdProofState state = (EtcdProofState)(int)wire.State;
        return new EtcdMemberProof(
            wire.MemberId, wire.Name, wire.Version, wire.Role, wire.AppliedIndex,
            Enum.IsDefined(state) ? state : EtcdProofState.Incomparable, wire.HashKv, wire.CompactRevision, wire.Detail);
    }
}
