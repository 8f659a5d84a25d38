using System.Collections.ObjectModel;

namespace K8sBackup.KubernetesApi.Reviews;

/// <summary>Who wants to do what.</summary>
public sealed record SubjectAccessReviewSpec
{
    public string User { get => field ?? ""; init; }

    public string Uid { get => field ?? ""; init; }

    public IReadOnlyList<string> Groups { get => field ?? []; init; }

    public IReadOnlyDictionary<string, IReadOnlyList<string>> Extra { get => field ?? ReadOnlyDictionary<string, IReadOnlyList<string>>.Empty; init; }

    public ResourceAttributes? ResourceAttributes { get; init; }

    public NonResourceAttributes? NonResourceAttributes { get; init; }
}
