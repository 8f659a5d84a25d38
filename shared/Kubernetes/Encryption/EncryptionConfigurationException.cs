namespace K8sBackup.Kubernetes.Encryption;

/// <summary>A file is no EncryptionConfiguration an API server would take.</summary>
public sealed class EncryptionConfigurationException : Exception
{
    /// <summary>Names the line and the fault; never a key.</summary>
    public EncryptionConfigurationException(long line, string message, Exception? inner = null)
        : base(line > 0 ? $"line {line}: {message}" : message, inner)
    {
    }
}
