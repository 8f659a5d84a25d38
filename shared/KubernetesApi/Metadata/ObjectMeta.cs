using System.Collections.ObjectModel;

namespace K8sBackup.KubernetesApi.Metadata;

/// <summary>Identity, version and ownership of an object.</summary>
public sealed record ObjectMeta
{
    public string Name { get => field ?? ""; init; }

    /// <summary>Beginning of a name the server completes; used when the name is empty.</summary>
    public string GenerateName { get => field ?? ""; init; }

    /// <summary>Empty for objects of the cluster.</summary>
    public string Namespace { get => field ?? ""; init; }

    /// <summary>Never used twice, unlike the name.</summary>
    public string Uid { get => field ?? ""; init; }

    /// <summary>Opaque; given back in an update, a change in between is a conflict.</summary>
    public string ResourceVersion { get => field ?? ""; init; }

    /// <summary>Counts changes of what is wanted (the spec).</summary>
    public long? Generation { get; init; }

    public DateTimeOffset? CreationTimestamp { get; init; }

    /// <summary>Set when deletion was asked for and finalizers still hold the object.</summary>
    public DateTimeOffset? DeletionTimestamp { get; init; }

    public long? DeletionGracePeriodSeconds { get; init; }

    public IReadOnlyDictionary<string, string> Labels { get => field ?? ReadOnlyDictionary<string, string>.Empty; init; }

    public IReadOnlyDictionary<string, string> Annotations { get => field ?? ReadOnlyDictionary<string, string>.Empty; init; }

    public IReadOnlyList<OwnerReference> OwnerReferences { get => field ?? []; init; }

    public IReadOnlyList<string> Finalizers { get => field ?? []; init; }
}
