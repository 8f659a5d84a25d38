using K8sBackup.Model.Ids;

namespace K8sBackup.Model.Retention;

/// <summary>What becomes of a restore point.</summary>
/// <param name="Id">The restore point.</param>
/// <param name="Reasons">Everything that keeps it; empty when it goes.</param>
/// <param name="Against">For one that goes: what each rule says of it, when that was asked for.</param>
public sealed record RetentionVerdict(RestorePointId Id, IReadOnlyList<string> Reasons, IReadOnlyList<string> Against)
{
    /// <summary>True when something keeps it.</summary>
    public bool Stays => Reasons.Count > 0;
}
