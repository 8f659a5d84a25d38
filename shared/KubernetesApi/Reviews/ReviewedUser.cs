using System.Collections.ObjectModel;

namespace K8sBackup.KubernetesApi.Reviews;

/// <summary>An authenticated user.</summary>
public sealed record ReviewedUser
{
    public string Username { get => field ?? ""; init; }

    public string Uid { get => field ?? ""; init; }

    public IReadOnlyList<string> Groups { get => field ?? []; init; }

    public IReadOnlyDictionary<string, IReadOnlyList<string>> Extra { get => field ?? ReadOnlyDictionary<string, IReadOnlyList<string>>.Empty; init; }
}
