namespace K8sBackup.KubernetesApi.Credentials;

/// <summary>A token from one place and a certificate from another.</summary>
internal sealed class JoinedCredentials : ICredentialSource
{
    private readonly ICredentialSource _token;
    private readonly ICredentialSource _certificate;

    public JoinedCredentials(ICredentialSource token, ICredentialSource certificate)
    {
        _token = token;
        _certificate = certificate;
    }

    public async ValueTask<Credential> GetAsync(bool refresh, CancellationToken cancellationToken)
    {
        Credential token = await _token.GetAsync(refresh, cancellationToken);
        Credential certificate = await _certificate.GetAsync(refresh, cancellationToken);
        return token with { Certificate = certificate.Certificate };
    }
}
