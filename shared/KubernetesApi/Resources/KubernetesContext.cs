using System.Text.Json.Serialization;
using K8sBackup.KubernetesApi.Cluster;
using K8sBackup.KubernetesApi.Events;
using K8sBackup.KubernetesApi.Failures;
using K8sBackup.KubernetesApi.Leases;
using K8sBackup.KubernetesApi.Metadata;
using K8sBackup.KubernetesApi.Pods;
using K8sBackup.KubernetesApi.Reviews;
using K8sBackup.KubernetesApi.Volumes;

namespace K8sBackup.KubernetesApi.Resources;

[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(ApiStatus))]
[JsonSerializable(typeof(ListMeta))]
[JsonSerializable(typeof(Pod))]
[JsonSerializable(typeof(PersistentVolumeClaim))]
[JsonSerializable(typeof(PersistentVolume))]
[JsonSerializable(typeof(StorageClass))]
[JsonSerializable(typeof(Namespace))]
[JsonSerializable(typeof(Node))]
[JsonSerializable(typeof(Secret))]
[JsonSerializable(typeof(ConfigMap))]
[JsonSerializable(typeof(Lease))]
[JsonSerializable(typeof(Event))]
[JsonSerializable(typeof(TokenReview))]
[JsonSerializable(typeof(SubjectAccessReview))]
internal sealed partial class KubernetesContext : JsonSerializerContext;
