using System.Collections.Immutable;
using K8sBackup.Model.Ids;

namespace K8sBackup.Coordinator.Retention;

/// <summary>Restore points somebody asked to be deleted, whatever their plan's retention says. Pins and restores still keep them. Thread-safe.</summary>
public sealed class ReleasedPoints
{
    private volatile ImmutableHashSet<RestorePointId> _points = [];

    public bool Contains(RestorePointId point) => _points.Contains(point);

    /// <summary>From now on these and no others.</summary>
    public void Replace(IEnumerable<RestorePointId> points) => _points = [.. points];
}
