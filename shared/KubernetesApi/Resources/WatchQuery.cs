namespace K8sBackup.KubernetesApi.Resources;

/// <summary>Which changes to see.</summary>
public sealed record WatchQuery
{
    /// <summary>Empty for all namespaces.</summary>
    public string Namespace { get; init; } = "";

    public string LabelSelector { get; init; } = "";

    public string FieldSelector { get; init; } = "";

    /// <summary>Changes after this version, which comes from a list or an earlier change.</summary>
    public required string ResourceVersion { get; init; }

    /// <summary>After this time the server ends the watch, and it is asked for again.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(5);
}
