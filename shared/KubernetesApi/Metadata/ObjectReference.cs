namespace K8sBackup.KubernetesApi.Metadata;

/// <summary>Another object, named; in events also by uid.</summary>
public sealed record ObjectReference
{
    public string ApiVersion { get => field ?? ""; init; }

    public string Kind { get => field ?? ""; init; }

    public string Namespace { get => field ?? ""; init; }

    public string Name { get => field ?? ""; init; }

    public string Uid { get => field ?? ""; init; }

    public string ResourceVersion { get => field ?? ""; init; }

    public string FieldPath { get => field ?? ""; init; }
}
