using K8sBackup.KubernetesApi.Metadata;

namespace K8sBackup.Coordinator.Resources;

/// <summary>Where a Backup or Restore is, as its status says it. The states of runs and restores have the same names.</summary>
internal static class ResourcePhase
{
    public const string Pending = "Pending";
    public const string Running = "Running";
    public const string Completed = "Completed";
    public const string PartiallyFailed = "PartiallyFailed";
    public const string Failed = "Failed";
    public const string Cancelled = "Cancelled";

    /// <summary>True when nothing happens any more.</summary>
    public static bool IsOver(string phase) => phase is Completed or PartiallyFailed or Failed or Cancelled;

    /// <summary>
    /// The conditions of that phase. One condition has the name of each end, so that <c>kubectl wait --for=condition=Completed</c>
    /// and <c>--for=condition=Failed</c> work; <c>Finished</c> is true at any end.
    /// </summary>
    public static IReadOnlyList<Condition> Conditions(
        IReadOnlyList<Condition> before, string phase, string reason, string message, long? generation, DateTimeOffset now)
    {
        IReadOnlyList<Condition> after = before.With("Finished", IsOver(phase), reason, message, generation, now)
            .With(Completed, phase == Completed, reason, message, generation, now);
        foreach (string end in (string[])[PartiallyFailed, Failed, Cancelled])
        {
            if (phase == end || after.Any(c => c.Type == end))
            {
                after = after.With(end, phase == end, reason, message, generation, now);
            }
        }

        return after;
    }
}
