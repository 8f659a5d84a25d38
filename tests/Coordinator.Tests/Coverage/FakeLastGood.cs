using K8sBackup.Coordinator.Coverage;
using K8sBackup.Coordinator.Tests.Hosting;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Coordinator.Tests.Coverage;

/// <summary>Finds what a repository in memory has, and counts how often it was asked.</summary>
internal sealed class FakeLastGood(FakeRepository repository) : ILastGood
{
    public int Asked { get; private set; }

    public bool IsAway { get; set; }

    public Task<IReadOnlyDictionary<CoverageKey, LastGood>> FindAsync(IReadOnlyCollection<CoverageKey> keys, CancellationToken cancellationToken)
    {
        Asked++;
        if (IsAway)
        {
            throw new BackupException(FailureCause.StoreUnavailable, "The bucket is away.");
        }

        HashSet<CoverageKey> wanted = [.. keys];
        Dictionary<CoverageKey, LastGood> found = [];
        foreach (RestorePointManifest point in repository.Points.Reverse())
        {
            LastGoodFinder.Take(point, wanted, found);
        }

        return Task.FromResult<IReadOnlyDictionary<CoverageKey, LastGood>>(found);
    }
}
