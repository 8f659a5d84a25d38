namespace K8sBackup.Etcd.Booting;

/// <summary>A key and what a client must read of it; a value is known by its hash, so that many large ones cost nothing.</summary>
/// <param name="Key">The key.</param>
/// <param name="Alive">False when its last change deleted it.</param>
/// <param name="ValueSha256">SHA-256 of the value.</param>
/// <param name="CreateRevision">When it came to be.</param>
/// <param name="ModRevision">When it last changed.</param>
/// <param name="Version">Changes since creation.</param>
internal sealed record SampledKey(byte[] Key, bool Alive, string ValueSha256, long CreateRevision, long ModRevision, long Version)
{
    public static SampledKey Deleted(byte[] key) => new(key, false, "", 0, 0, 0);
}
