using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using K8sBackup.KubernetesApi.Cluster;
using K8sBackup.KubernetesApi.Events;
using K8sBackup.KubernetesApi.Failures;
using K8sBackup.KubernetesApi.Leases;
using K8sBackup.KubernetesApi.Metadata;
using K8sBackup.KubernetesApi.Pods;
using K8sBackup.KubernetesApi.Reviews;
using K8sBackup.KubernetesApi.Volumes;

namespace K8sBackup.KubernetesApi.Resources;

/// <summary>The kinds of Kubernetes itself that are used here.</summary>
public static class KubernetesTypes
{
    private static readonly JsonSerializerOptions _options = KubernetesJson.Options(KubernetesContext.Default);

    public static ResourceType<Pod> Pods { get; } = new("", "v1", "pods", "Pod", isNamespaced: true, _options);

    public static ResourceType<PersistentVolumeClaim> PersistentVolumeClaims { get; } =
        new("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", isNamespaced: true, _options);

    public static ResourceType<PersistentVolume> PersistentVolumes { get; } =
        new("", "v1", "persistentvolumes", "PersistentVolume", isNamespaced: false, _options);

    public static ResourceType<StorageClass> StorageClasses { get; } =
        new("storage.k8s.io", "v1", "storageclasses", "StorageClass", isNamespaced: false, _options);

    public static ResourceType<Namespace> Namespaces { get; } = new("", "v1", "namespaces", "Namespace", isNamespaced: false, _options);

    public static ResourceType<Node> Nodes { get; } = new("", "v1", "nodes", "Node", isNamespaced: false, _options);

    public static ResourceType<Secret> Secrets { get; } = new("", "v1", "secrets", "Secret", isNamespaced: true, _options) { IsWhole = true };

    public static ResourceType<ConfigMap> ConfigMaps { get; } = new("", "v1", "configmaps", "ConfigMap", isNamespaced: true, _options) { IsWhole = true };

    public static ResourceType<Lease> Leases { get; } =
        new("coordination.k8s.io", "v1", "leases", "Lease", isNamespaced: true, _options) { IsWhole = true };

    public static ResourceType<Event> Events { get; } = new("events.k8s.io", "v1", "events", "Event", isNamespaced: true, _options) { IsWhole = true };

    internal static ResourceType<TokenReview> TokenReviews { get; } =
        new("authentication.k8s.io", "v1", "tokenreviews", "TokenReview", isNamespaced: false, _options);

    internal static ResourceType<SubjectAccessReview> SubjectAccessReviews { get; } =
        new("authorization.k8s.io", "v1", "subjectaccessreviews", "SubjectAccessReview", isNamespaced: false, _options);

    internal static JsonTypeInfo<ApiStatus> Status { get; } = (JsonTypeInfo<ApiStatus>)_options.GetTypeInfo(typeof(ApiStatus));

    internal static JsonTypeInfo<ListMeta> ListMeta { get; } = (JsonTypeInfo<ListMeta>)_options.GetTypeInfo(typeof(ListMeta));

    internal static JsonTypeInfo<ObjectMeta> ObjectMeta { get; } = (JsonTypeInfo<ObjectMeta>)_options.GetTypeInfo(typeof(ObjectMeta));
}
