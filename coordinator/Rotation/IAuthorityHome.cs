namespace K8sBackup.Coordinator.Rotation;

/// <summary>Where the authority is kept for other coordinators, beside the state directory of this one.</summary>
public interface IAuthorityHome
{
    /// <summary>Keeps the files (<see cref="K8sBackup.Transport.Identity.AuthorityFolder"/>) in the place of those that are there, and publishes the certificates to trust.</summary>
    /// <exception cref="IOException">They are not kept; what was there stands, as far as can be known.</exception>
    Task KeepAsync(IReadOnlyDictionary<string, string> files, IReadOnlyList<string> certificates, CancellationToken cancellationToken);
}
