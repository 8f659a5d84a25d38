namespace K8sBackup.Repository.Writing;

/// <summary>A manifest was not committed because what it references is not all there, or it contradicts itself. Nothing was written.</summary>
public sealed class ManifestRejectedException : Exception
{
    public ManifestRejectedException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }

    /// <summary>Always true: the same manifest is rejected again.</summary>
    public bool IsPermanent { get; } = true;
}
