using System.Security.Cryptography;
using K8sBackup.Repository.Keys;

namespace K8sBackup.Repository.Tests.Keys;

public sealed class KeyedHashTests
{
    [Fact]
    public void Compute_ByManyThreads_IsTheHmacOfEachInput()
    {
        using SecretBytes key = SecretBytes.Random(32);
        using KeyedHash hash = new(key);
        Parallel.For(0, 10_000, i =>
        {
            byte[] input = BitConverter.GetBytes(i);
            byte[] result = new byte[32];
            hash.Compute(input, result);
            Assert.Equal(HMACSHA256.HashData(key.Span, input), result);
        });
    }

    [Fact]
    public void Compute_KeyIsGone_Throws()
    {
        SecretBytes key = SecretBytes.Random(32);
        using KeyedHash hash = new(key);
        hash.Compute([1], new byte[32]);
        hash.Dispose();
        key.Dispose();
        Assert.Throws<ObjectDisposedException>(() => hash.Compute([1], new byte[32]));
    }
}
