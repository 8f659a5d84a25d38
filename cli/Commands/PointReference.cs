using System.CommandLine;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Commands;

/// <summary>The POINT argument: an id, the beginning of one, or <c>latest</c>. The coordinator resolves it.</summary>
internal static class PointReference
{
    public static Argument<string> Argument() => new("POINT") { Description = "Restore point: its id, the beginning of it, or 'latest'." };

    public static async Task<RestorePoint> GetAsync(CommandSession session, string point, CancellationToken cancellationToken) =>
        await session.Client.GetPointAsync(new GetPointRequest { PointId = point }, session.Call(cancellationToken));

    /// <summary>The restore point, refused when its manifest is damaged.</summary>
    public static async Task<RestorePoint> GetUsableAsync(CommandSession session, string point, CancellationToken cancellationToken) =>
        Usable(await GetAsync(session, point, cancellationToken));

    /// <summary>The restore point, refused when its manifest is damaged.</summary>
    public static RestorePoint Usable(RestorePoint found) => found.Damage.Length == 0
        ? found
        : throw new BackupException(FailureCause.StoreCorrupt, $"Restore point {found.Id} cannot be used: {found.Damage}");

    /// <summary>True when its manifest, or that of a snapshot in it, cannot be read.</summary>
    public static bool IsDamaged(RestorePoint point) => point.Damage.Length > 0 || point.Snapshots.Any(s => s.Damage.Length > 0);
}
