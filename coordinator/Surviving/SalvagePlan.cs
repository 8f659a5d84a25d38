using K8sBackup.Coordinator.Plans;
using K8sBackup.Model.Retention;

namespace K8sBackup.Coordinator.Surviving;

/// <summary>The plan of a salvage, which stands in no file: what is left of etcd on a node, and the control-plane files beside it.</summary>
internal static class SalvagePlan
{
    /// <summary>Its name, which restore points bear. No plan of that name is in force, so that retention keeps them.</summary>
    public const string Name = "salvage";

    private const string EtcdName = "salvaged";
    private const string FilesName = "files";

    public static BackupPlan For(string node)
    {
        NodeSelector[] nodes = [new([node], new Dictionary<string, string>(), [])];
        return new BackupPlan
        {
            Name = Name,
            Schedule = null,
            TimeZone = "UTC",
            Paused = false,
            CatchUp = false,
            Sources =
            [
                new PlanSource.Etcd(EtcdName, nodes, AllMembers: true, "", "", "", "") { FromDataDirectory = true, HasOwnNodes = true },
                new PlanSource.ControlPlane(FilesName, nodes, [], OnChange: false) { HasOwnNodes = true },
            ],
            Retention = new RetentionPolicy(),
            ImmutableFor = null,
            MaxConcurrent = null,
            NodeWait = TimeSpan.FromMinutes(10),
            Yaml = "",
            File = "",
        };
    }
}
