using K8sBackup.Model.Ids;

namespace K8sBackup.Coordinator.Retention;

/// <summary>A restore point with what retention says of it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Plan">Its plan; empty when its manifest is damaged.</param>
/// <param name="Stays">False when it goes.</param>
/// <param name="Reasons">Everything that keeps it, or what each rule says against it.</param>
public sealed record ReviewedPoint(RestorePointId Id, string Plan, bool Stays, IReadOnlyList<string> Reasons)
{
    /// <summary>Kinds of source that it has a complete and sound backup of.</summary>
    public IReadOnlySet<SourceKind> GoodKinds { get; init; } = new HashSet<SourceKind>();

    /// <summary>The point, kept for another reason besides.</summary>
    public ReviewedPoint KeptFor(string reason) => this with { Stays = true, Reasons = Stays ? [.. Reasons, reason] : [reason] };
}
