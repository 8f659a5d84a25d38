using K8sBackup.KubernetesApi.Metadata;
using System.Text.Json;

namespace K8sBackup.Coordinator.Resources;

/// <summary>A plan as an object of the cluster. What its spec means is the plan parser's, as for files.</summary>
public sealed record BackupPlanResource : KubernetesObject
{
    public JsonElement? Spec { get; init; }

    public BackupPlanStatus Status { get => field ?? new(); init; }
}
