using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Surviving;

/// <summary>The disks that were looked at, and the choice among them.</summary>
internal sealed record SurvivorReport(IReadOnlyList<MemberDisk> Disks, SurvivorChoice Choice);
