using K8sBackup.ObjectStore;
using K8sBackup.Repository;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Keys;

namespace K8sBackup.Simulation.Sabotages;

/// <summary>I10: shows every config as one of the version the reader knows, as a reader that does not look would take it.</summary>
internal sealed class VersionBlindStore(IObjectStore inner, MasterKeys keys) : PassingStore(inner)
{
    public override Task<byte[]> GetAsync(string name, int maxBytes, CancellationToken cancellationToken) => name == ObjectNames.Config
        ? Task.FromResult(ConfigCodec.Encode(new RepositoryConfig(keys.Repository, RepositoryLimits.FormatVersion, DateTimeOffset.UnixEpoch), keys))
        : base.GetAsync(name, maxBytes, cancellationToken);
}
