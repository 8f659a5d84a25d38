namespace K8sBackup.KubernetesApi.Events;

/// <summary>Who reported an event, in the old style.</summary>
public sealed record EventSource
{
    public string Component { get => field ?? ""; init; }

    public string Host { get => field ?? ""; init; }
}
