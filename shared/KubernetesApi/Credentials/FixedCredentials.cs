namespace K8sBackup.KubernetesApi.Credentials;

/// <summary>Credentials that never change, written in the kubeconfig itself.</summary>
public sealed class FixedCredentials : ICredentialSource
{
    private readonly Credential _credential;

    public FixedCredentials(Credential credential)
    {
        _credential = credential;
    }

    /// <summary>Whether there are none at all.</summary>
    public bool IsNone => _credential.Token.Length == 0 && _credential.Certificate is null;

    public ValueTask<Credential> GetAsync(bool refresh, CancellationToken cancellationToken) => ValueTask.FromResult(_credential);
}
