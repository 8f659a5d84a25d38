namespace K8sBackup.Kubernetes.Encryption;

/// <summary>How a value is encrypted at rest, as the text before it says.</summary>
/// <param name="Provider">Provider and version, such as aescbc:v1 or kms:v2.</param>
/// <param name="KeyName">Name of the key, or of the KMS plug-in.</param>
public sealed record Protection(string Provider, string KeyName)
{
    /// <summary>For people.</summary>
    public override string ToString() => KeyName.Length > 0 ? $"{Provider} {KeyName}" : Provider;
}
