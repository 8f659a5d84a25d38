namespace K8sBackup.Model.Manifests;

/// <summary>A certificate among the captured files.</summary>
/// <param name="Path">Its file on the node.</param>
/// <param name="Subject">Whom it is for.</param>
/// <param name="NotAfter">Until when it is accepted.</param>
public sealed record CertificateFact(string Path, string Subject, DateTimeOffset NotAfter)
{
    /// <summary>Most certificates a manifest names.</summary>
    public const int CertificatesMax = 256;
}
