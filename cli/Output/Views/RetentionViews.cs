using K8sBackup.Cli.Commands;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Output.Views;

internal static class RetentionViews
{
    public static readonly View<RetentionVerdict> Verdict = new View<RetentionVerdict>()
        .Text("pointId", "Restore point", v => v.PointId)
        .Text("plan", "Plan", v => v.Plan)
        .Time("createdAt", "Made", v => v.CreatedAt)
        .Flag("stays", "Stays", v => v.Stays)
        .List("good", "Good", v => v.Good, FieldPlace.Everywhere)
        .List("reasons", "Because", v => v.Reasons, FieldPlace.Everywhere);

    public static readonly View<PinChange> Pin = new View<PinChange>()
        .Text("pointId", "Restore point", p => p.PointId)
        .Flag("pinned", "Pinned", p => p.Pinned)
        .Flag("changed", "Changed", p => p.Changed);
}
