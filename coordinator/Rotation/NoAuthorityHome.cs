namespace K8sBackup.Coordinator.Rotation;

/// <summary>A coordinator alone: its directory is all there is.</summary>
internal sealed class NoAuthorityHome : IAuthorityHome
{
    public Task KeepAsync(IReadOnlyDictionary<string, string> files, IReadOnlyList<string> certificates, CancellationToken cancellationToken) => Task.CompletedTask;
}
