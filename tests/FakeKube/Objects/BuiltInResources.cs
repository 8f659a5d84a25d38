namespace K8sBackup.FakeKube.Objects;

/// <summary>The kinds a cluster has from the start, as far as they are used here.</summary>
internal static class BuiltInResources
{
    private static readonly Dictionary<string, IReadOnlyList<string>> _podLists = new()
    {
        ["spec.containers"] = ["name"],
        ["spec.initContainers"] = ["name"],
        ["spec.volumes"] = ["name"],
        ["status.conditions"] = ["type"],
        ["status.containerStatuses"] = ["name"],
    };

    private static readonly Dictionary<string, IReadOnlyList<string>> _conditions = new() { ["status.conditions"] = ["type"] };

    public static IEnumerable<ResourceDefinition> All { get; } =
    [
        Core("namespaces", "Namespace", isNamespaced: false) with { HasStatus = true, SelectableFields = ["status.phase"] },
        Core("nodes", "Node", isNamespaced: false) with { HasStatus = true, SelectableFields = ["spec.unschedulable"], ListKeys = _conditions },
        Core("pods", "Pod", isNamespaced: true) with
        {
            HasStatus = true,
            SelectableFields = ["spec.nodeName", "spec.restartPolicy", "spec.serviceAccountName", "status.phase", "status.podIP"],
            ListKeys = _podLists,
            ImmutableFields = ["spec.nodeName", "spec.volumes", "spec.serviceAccountName"],
        },
        Core("persistentvolumeclaims", "PersistentVolumeClaim", isNamespaced: true) with { HasStatus = true },
        Core("persistentvolumes", "PersistentVolume", isNamespaced: false) with { HasStatus = true },
        Core("secrets", "Secret", isNamespaced: true) with { ImmutableFields = ["type"], SelectableFields = ["type"] },
        Core("configmaps", "ConfigMap", isNamespaced: true),
        Core("serviceaccounts", "ServiceAccount", isNamespaced: true),
        Core("services", "Service", isNamespaced: true) with { HasStatus = true },
        Core("events", "Event", isNamespaced: true) with { SelectableFields = ["involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid", "reason", "type"] },
        In("events.k8s.io", "events", "Event", isNamespaced: true) with { SelectableFields = ["regarding.kind", "regarding.name", "regarding.uid", "reason", "type"] },
        In("storage.k8s.io", "storageclasses", "StorageClass", isNamespaced: false),
        In("coordination.k8s.io", "leases", "Lease", isNamespaced: true) with { AllowsUnconditionalUpdate = false },
        In("apps", "deployments", "Deployment", isNamespaced: true) with { HasStatus = true, CountsGenerations = true, ListKeys = _conditions },
        In("apps", "daemonsets", "DaemonSet", isNamespaced: true) with { HasStatus = true, CountsGenerations = true, ListKeys = _conditions },
        In("apps", "statefulsets", "StatefulSet", isNamespaced: true) with { HasStatus = true, CountsGenerations = true, ListKeys = _conditions },
        In("apiextensions.k8s.io", "customresourcedefinitions", "CustomResourceDefinition", isNamespaced: false) with
        {
            HasStatus = true,
            CountsGenerations = true,
            AllowsUnconditionalUpdate = false,
        },
    ];

    private static ResourceDefinition Core(string plural, string kind, bool isNamespaced) => In("", plural, kind, isNamespaced);

    private static ResourceDefinition In(string group, string plural, string kind, bool isNamespaced) => new()
    {
        Group = group,
        Version = "v1",
        Plural = plural,
        Kind = kind,
        IsNamespaced = isNamespaced,
    };
}
