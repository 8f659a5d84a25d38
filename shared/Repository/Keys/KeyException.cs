namespace K8sBackup.Repository.Keys;

/// <summary>A key cannot be used, made or removed. Never holds key material.</summary>
public sealed class KeyException : Exception
{
    public KeyException(KeyError error, string message, Exception? inner = null)
        : base($"{message} ({error})", inner) => Error = error;

    /// <summary>The cause programs act on.</summary>
    public KeyError Error { get; }

    /// <summary>Always true: another key or another slot is needed.</summary>
    public bool IsPermanent { get; } = true;
}
