namespace K8sBackup.Coordinator.Volumes;

/// <summary>What a run says about how the cluster is known, for every source that comes from pods.</summary>
internal static class ClusterRemarks
{
    // Watches are heard of each minute or so.
    private static readonly TimeSpan AgeNoted = TimeSpan.FromMinutes(5);

    public static string Unknown(string label, IClusterView? cluster)
    {
        string why = cluster is null ? "the coordinator's configuration has no section kubernetes" : "the cluster's API has not answered since the coordinator started";
        return $"{label}: {why}, so that nothing is known of pods and their volumes.";
    }

    public static IEnumerable<string> Age(string label, ClusterState state) => state.Age < AgeNoted
        ? []
        : [$"{label}: the cluster's API has not been heard for {(int)state.Age.TotalMinutes} minutes; pods and volumes are those known then."];

    public static IEnumerable<string> MissingNamespaces(string label, ClusterState state, IEnumerable<string> wanted)
    {
        HashSet<string> there = [.. state.Namespaces.Select(ns => ns.Metadata.Name)];
        return wanted.Distinct(StringComparer.Ordinal).Where(ns => !there.Contains(ns)).Select(ns => $"{label}: the namespace {ns} is not there.");
    }
}
