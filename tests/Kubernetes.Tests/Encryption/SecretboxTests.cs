using K8sBackup.Kubernetes.Encryption;

namespace K8sBackup.Kubernetes.Tests.Encryption;

/// <summary>The published test vectors of NaCl (core1, secretbox) and of RFC 8439 (Poly1305).</summary>
public sealed class SecretboxTests
{
    private const string Key = "1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389";
    private const string Nonce = "69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37";

    private const string Message =
        "be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a1ac728d45e6c61296cdc3c01233561f41db66cce314adb31"
        + "0e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde048977eb48f59ffd4924ca1c60902e52f0a089bc76897040e082f937763848645e0705";

    private const string Box =
        "f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce48332ea7164d96a4476fb8c531a1186ac0dfc17c98dce87b4da7f011ec48c972"
        + "71d2c20f9b928fe2270d6fb863d51738b48eeee314a7cc8ab932164548e526ae90224368517acfeabd6bb3732bc0e9da99832b61ca01b6de56244a9e88d5f9b3"
        + "7973f622a43d14a6599b1f654cb45a74e355a5";

    [Fact]
    public void Open_NaClsBox()
    {
        Assert.True(Secretbox.TryOpen(Hex(Key), Hex(Nonce), Hex(Box), out byte[]? message));
        Assert.Equal(Message, Convert.ToHexStringLower(message));
    }

    [Fact]
    public void Open_AnyBitChanged_IsRefused()
    {
        for (int bit = 0; bit < 8 * Hex(Box).Length; bit++)
        {
            byte[] box = Hex(Box);
            box[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(Secretbox.TryOpen(Hex(Key), Hex(Nonce), box, out byte[]? message));
            Assert.Null(message);
        }

        byte[] key = Hex(Key), nonce = Hex(Nonce);
        key[31] ^= 1;
        Assert.False(Secretbox.TryOpen(key, nonce, Hex(Box), out _));
        nonce[23] ^= 1;
        Assert.False(Secretbox.TryOpen(Hex(Key), nonce, Hex(Box), out _));
        Assert.False(Secretbox.TryOpen(Hex(Key), Hex(Nonce), Hex(Box).AsSpan(..^1), out _));
        Assert.False(Secretbox.TryOpen(Hex(Key), Hex(Nonce), Hex(Box).AsSpan(..15), out _));
    }

    [Fact]
    public void Hash_DerivesNaClsFirstKey()
    {
        byte[] derived = new byte[32];
        Salsa20.Hash(Hex("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"), new byte[16], derived);

        Assert.Equal(Key, Convert.ToHexStringLower(derived));
    }

    // RFC 8439: 2.5.2, then of A.3 those that test reduction and carries (7 to 11).
    [Theory]
    [InlineData("85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b", "43727970746f6772617068696320466f72756d2052657365617263682047726f7570", "a8061dc1305136c6c22b8baf0c0127a9")]
    [InlineData("0200000000000000000000000000000000000000000000000000000000000000", "ffffffffffffffffffffffffffffffff", "03000000000000000000000000000000")]
    [InlineData("02000000000000000000000000000000ffffffffffffffffffffffffffffffff", "02000000000000000000000000000000", "03000000000000000000000000000000")]
    [InlineData("0100000000000000000000000000000000000000000000000000000000000000", "fffffffffffffffffffffffffffffffff0ffffffffffffffffffffffffffffff11000000000000000000000000000000", "05000000000000000000000000000000")]
    [InlineData("0100000000000000000000000000000000000000000000000000000000000000", "fffffffffffffffffffffffffffffffffbfefefefefefefefefefefefefefefe01010101010101010101010101010101", "00000000000000000000000000000000")]
    [InlineData("0200000000000000000000000000000000000000000000000000000000000000", "fdffffffffffffffffffffffffffffff", "faffffffffffffffffffffffffffffff")]
    public void Tag_IsThatOfTheStandard(string key, string message, string expected)
    {
        byte[] tag = new byte[Poly1305.TagBytes];
        Poly1305.Tag(Hex(key), Hex(message), tag);

        Assert.Equal(expected, Convert.ToHexStringLower(tag));
    }

    private static byte[] Hex(string text) => Convert.FromHexString(text);
}
