using K8sBackup.Coordinator.Volumes;
using K8sBackup.KubernetesApi.Metadata;
using K8sBackup.KubernetesApi.Pods;

namespace K8sBackup.Coordinator.Dumps;

/// <summary>
/// What a dump's history is bound to: names, since what is dumped is the same database when the pod, or what owns it, was made again. Pods
/// with names of their own (StatefulSets, operators) stand for themselves, those with random names for their Deployment or node.
/// </summary>
internal sealed record DumpOwner(string Namespace, string Kind, string Name)
{
    private const string TemplateHash = "pod-template-hash";

    public static DumpOwner Of(Pod pod, bool oneOfOwner)
    {
        string ns = pod.Metadata.Namespace;
        OwnerReference? owner = pod.Metadata.OwnerReferences.FirstOrDefault(o => o.Controller == true);
        return owner switch
        {
            null => new DumpOwner(ns, "Pod", pod.Metadata.Name),
            { Kind: "ReplicaSet" } => new DumpOwner(ns, "Deployment", WithoutHash(owner.Name, pod.Metadata.Labels)),
            _ when oneOfOwner || owner.Kind is "ReplicationController" or "Job" => new DumpOwner(ns, owner.Kind, owner.Name),
            { Kind: "DaemonSet" } => new DumpOwner(ns, owner.Kind, $"{owner.Name}.{pod.Spec.NodeName}"),
            _ => new DumpOwner(ns, "Pod", pod.Metadata.Name),
        };
    }

    /// <summary>Name of the source in all runs.</summary>
    public string SourceName(string rule) => VolumeNames.Named([Kind], "dump", Namespace, Name, rule);

    // The ReplicaSet of a Deployment is another one after each change of its template.
    private static string WithoutHash(string name, IReadOnlyDictionary<string, string> labels) =>
        labels.TryGetValue(TemplateHash, out string? hash) && name.EndsWith("-" + hash, StringComparison.Ordinal) ? name[..^(hash.Length + 1)] : name;
}
