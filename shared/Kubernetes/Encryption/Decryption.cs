namespace K8sBackup.Kubernetes.Encryption;

/// <summary>What became of an encrypted value.</summary>
/// <param name="Protection">How it is encrypted.</param>
/// <param name="Plaintext">What was inside; null when it could not be decrypted.</param>
/// <param name="IsAuthenticated">True when the cipher proves that key and content are right.</param>
/// <param name="Problem">Why it could not be decrypted; empty when it was.</param>
internal sealed record Decryption(Protection Protection, ReadOnlyMemory<byte>? Plaintext, bool IsAuthenticated, string Problem)
{
    public static Decryption Failed(Protection protection, string problem) => new(protection, null, false, problem);
}
