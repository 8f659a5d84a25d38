using K8sBackup.Model.Ids;

namespace K8sBackup.Coordinator.Retention;

/// <summary>A restore point with what retention says of it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Plan">Its plan; empty when its manifest is damaged.</param>
/// <param name="Reasons">Everything that keeps it; empty when it goes.</param>
public sealed record ReviewedPoint(RestorePointId Id, string Plan, IReadOnlyList<string> Reasons)
{
    public bool Stays => Reasons.Count > 0;
}
