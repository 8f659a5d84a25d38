using System.Text.Json;
using K8sBackup.KubernetesApi.Resources;

namespace K8sBackup.Coordinator.Resources;

/// <summary>The kinds of this project, as the chart's definitions have them.</summary>
public static class ResourceKinds
{
    public const string Group = "k8sbackup.dev";

    private static readonly JsonSerializerOptions _options = KubernetesJson.Options(ResourceContext.Default);

    public static ResourceType<BackupPlanResource> BackupPlans { get; } =
        new(Group, "v1alpha1", "backupplans", "BackupPlan", isNamespaced: true, _options) { IsWhole = true };

    public static ResourceType<BackupResource> Backups { get; } =
        new(Group, "v1alpha1", "backups", "Backup", isNamespaced: true, _options) { IsWhole = true };

    public static ResourceType<RestoreResource> Restores { get; } =
        new(Group, "v1alpha1", "restores", "Restore", isNamespaced: true, _options) { IsWhole = true };
}
