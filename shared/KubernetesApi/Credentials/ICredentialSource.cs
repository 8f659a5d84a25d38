namespace K8sBackup.KubernetesApi.Credentials;

/// <summary>Gives credentials, new ones when they change. Thread-safe.</summary>
public interface ICredentialSource
{
    /// <param name="refresh">The server did not take the last one: fetch it anew, whatever its age.</param>
    /// <param name="cancellationToken">Ends the fetching.</param>
    /// <exception cref="Failures.KubernetesException">There is none to be had.</exception>
    ValueTask<Credential> GetAsync(bool refresh, CancellationToken cancellationToken);
}
