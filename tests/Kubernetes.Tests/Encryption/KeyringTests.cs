using System.Security.Cryptography;
using System.Text;
using K8sBackup.Kubernetes.Encryption;
using K8sBackup.Kubernetes.Objects;

namespace K8sBackup.Kubernetes.Tests.Encryption;

/// <summary>Values encrypted here with the framework's own ciphers, in the layout of Kubernetes.</summary>
public sealed class KeyringTests
{
    private static readonly byte[] EtcdKey = "/registry/secrets/default/token"u8.ToArray();
    private static readonly byte[] Secret = Enumerable.Range(1, 32).Select(i => (byte)i).ToArray();
    private static readonly byte[] OtherSecret = Enumerable.Range(101, 32).Select(i => (byte)i).ToArray();
    private static readonly byte[] Plaintext = Proto.Stored("v1", "Secret", Proto.Metadata("token", "default"), Proto.Pair(2, "password", "hunter2"));

    [Fact]
    public void Decode_AesCbc_WithItsKey()
    {
        StoredObject found = Decode(Config("aescbc", "k1", Secret), Cbc("k1", Secret, Plaintext));

        Assert.Equal((StoredForm.Protobuf, "Secret", "token", true), (found.Form, found.Kind, found.Name, found.IsComplete));
        Assert.Equal("aescbc:v1 k1", found.Protection!.ToString());
        Assert.Equal(Convert.ToBase64String("hunter2"u8), found.Document!["data"]!["password"]!.GetValue<string>());
    }

    [Fact]
    public void Decode_AesGcm_IsBoundToItsKeyInEtcd()
    {
        byte[] value = Gcm("k1", Secret, Plaintext, EtcdKey);

        Assert.Equal("Secret", Decode(Config("aesgcm", "k1", Secret), value).Kind);
        AssertUndecrypted(Decode(Config("aesgcm", "k1", Secret), Gcm("k1", Secret, Plaintext, "/registry/secrets/default/other"u8.ToArray())), "does not decrypt");
    }

    [Fact]
    public void Decode_Secretbox_WithItsKeyAlone()
    {
        byte[] value = Box("k1", Secret, Plaintext);
        StoredObject found = Decode(Config("secretbox", "k1", Secret), value);

        Assert.Equal((StoredForm.Protobuf, "Secret", "token", true), (found.Form, found.Kind, found.Name, found.IsComplete));
        Assert.Equal("secretbox:v1 k1", found.Protection!.ToString());
        AssertUndecrypted(Decode(Config("secretbox", "k1", OtherSecret), value), "does not decrypt");
    }

    [Theory]
    [InlineData(16)]
    [InlineData(24)]
    public void Decode_ShorterAesKeys_Work(int bytes)
    {
        Assert.Equal("Secret", Decode(Config("aescbc", "k", Secret[..bytes]), Cbc("k", Secret[..bytes], Plaintext)).Kind);
        Assert.Equal("Secret", Decode(Config("aesgcm", "k", Secret[..bytes]), Gcm("k", Secret[..bytes], Plaintext, EtcdKey)).Kind);
    }

    [Fact]
    public void Decode_WrongKeyOfTheRightName_ShowsNothing()
    {
        AssertUndecrypted(Decode(Config("aesgcm", "k1", OtherSecret), Gcm("k1", Secret, Plaintext, EtcdKey)), "does not decrypt");
        // One wrong key in 256 leaves a padding that looks right; none of them may show an object.
        for (int i = 0; i < 1000; i++)
        {
            byte[] wrong = SHA256.HashData(BitConverter.GetBytes(i));
            StoredObject found = Decode(Config("aescbc", "k1", wrong), Cbc("k1", Secret, Plaintext));
            Assert.Equal((StoredForm.Encrypted, null, ""), (found.Form, found.Document, found.Kind));
            Assert.Contains("another key", found.Problem, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Decode_TwoGroupsWithAKeyOfOneName_FindsTheRightOne()
    {
        string yaml = Config("aescbc", "key1", OtherSecret) + "\n" + Config("aescbc", "key1", Secret).Split('\n', 4)[3];

        Assert.Equal("Secret", Decode(yaml, Cbc("key1", Secret, Plaintext)).Kind);
    }

    [Fact]
    public void Decode_EncryptedWithoutAWay_SaysWhichAndWhy()
    {
        AssertUndecrypted(Decode(null, Cbc("k1", Secret, Plaintext)), "no encryption configuration");
        AssertUndecrypted(Decode(Config("aescbc", "k2", Secret), Cbc("k1", Secret, Plaintext)), "'k1'");
        AssertUndecrypted(Decode(Config("aesgcm", "k1", Secret), Cbc("k1", Secret, Plaintext)), "'k1'");
        AssertUndecrypted(Decode(Config("secretbox", "k2", Secret), Value("secretbox:v1:k1:", new byte[60])), "'k1'");
        AssertUndecrypted(Decode(Config("aescbc", "k1", Secret), Value("kms:v1:vault:", new byte[60])), "'vault'");
        AssertUndecrypted(Decode(Config("aescbc", "k1", Secret), Value("kms:v2:vault:", new byte[60])), "'vault'");
        AssertUndecrypted(Decode(Config("aescbc", "k1", Secret), Value("rot13:v9:k1:", new byte[60])), "rot13:v9");
        AssertUndecrypted(Decode(Config("aescbc", "k1", Secret), Value("", [])), "names no provider");
        AssertUndecrypted(Decode(Config("aescbc", "k1", Secret), Value("\u001b[2Jx:v1:k1:", [])), "names no provider");
    }

    [Fact]
    public void Decode_DamagedCiphertext_ShowsNothing()
    {
        byte[] cbc = Cbc("k1", Secret, Plaintext);
        byte[] gcm = Gcm("k1", Secret, Plaintext, EtcdKey);
        AssertUndecrypted(Decode(Config("aescbc", "k1", Secret), cbc[..^1]), "length");
        AssertUndecrypted(Decode(Config("aescbc", "k1", Secret), Value("aescbc:v1:k1:", new byte[16])), "length");
        AssertUndecrypted(Decode(Config("aesgcm", "k1", Secret), Value("aesgcm:v1:k1:", new byte[20])), "shorter");
        AssertUndecrypted(Decode(Config("secretbox", "k1", Secret), Value("secretbox:v1:k1:", new byte[39])), "shorter");
        AssertUndecrypted(Decode(Config("secretbox", "k1", Secret), Box("k1", Secret, Plaintext)[..^1]), "does not decrypt");
        gcm[^20] ^= 1;
        AssertUndecrypted(Decode(Config("aesgcm", "k1", Secret), gcm), "does not decrypt");
        AssertUndecrypted(Decode(Config("aescbc", "k1", Secret), Cbc("k1", Secret, "no object at all"u8.ToArray())), "to no object");
    }

    [Fact]
    public void Decode_AuthenticatedValueThatIsNoObject_IsShownAsWhatItIs()
    {
        StoredObject found = Decode(Config("aesgcm", "k1", Secret), Gcm("k1", Secret, "text"u8.ToArray(), EtcdKey));

        Assert.Equal(StoredForm.Unknown, found.Form);
        Assert.NotNull(found.Protection);
    }

    [Theory]
    [InlineData("kind: ConfigMap", "no EncryptionConfiguration")]
    [InlineData("- a", "single mapping")]
    [InlineData("", "single mapping")]
    [InlineData("kind: [", "not valid YAML")]
    [InlineData("kind: EncryptionConfiguration", "no list of resources")]
    [InlineData("kind: EncryptionConfiguration\nresources:\n- providers: x", "no list of providers")]
    [InlineData("kind: EncryptionConfiguration\nresources:\n- providers:\n  - aescbc: {keys: [{name: a, secret: '*hunter2*'}]}", "not base64")]
    [InlineData("kind: EncryptionConfiguration\nresources:\n- providers:\n  - aescbc: {keys: [{name: a, secret: aHVudGVyMg==}]}", "7 bytes")]
    [InlineData("kind: EncryptionConfiguration\nresources:\n- providers:\n  - secretbox: {keys: [{name: a, secret: MTIzNDU2Nzg5MDEyMzQ1Ng==}]}", "16 bytes")]
    [InlineData("kind: EncryptionConfiguration\nresources:\n- providers:\n  - aescbc: {keys: [{secret: aHVudGVyMg==}]}", "no name")]
    [InlineData("kind: EncryptionConfiguration\nresources:\n- providers:\n  - aescbc: {keys: [{name: a}]}", "no secret")]
    [InlineData("kind: EncryptionConfiguration\nresources:\n- providers:\n  - aescbc: []", "no mapping")]
    public void Parse_BadConfiguration_NamesTheFaultAndNoKey(string yaml, string fault)
    {
        EncryptionConfigurationException error = Assert.Throws<EncryptionConfigurationException>(() => Keyring.Parse(yaml));

        Assert.Contains(fault, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("aHVudGVy", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_TooDeepOrTooLong_IsRefused()
    {
        Assert.Throws<EncryptionConfigurationException>(() => Keyring.Parse("a: " + new string('[', 10_000)));
        Assert.Throws<EncryptionConfigurationException>(() => Keyring.Parse(new string(' ', 2 << 20)));
    }

    [Fact]
    public void Parse_ProvidersWithoutKeys_AreFine()
    {
        const string yaml = "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n- resources: [secrets]\n  providers:\n  - kms: {apiVersion: v2, name: vault, endpoint: 'unix:///x'}\n  - identity: {}\n";

        Assert.Equal(0, Keyring.Parse(yaml).Count);
    }

    private static StoredObject Decode(string? configuration, byte[] value) =>
        new ObjectDecoder(configuration is null ? Keyring.Empty : Keyring.Parse(configuration)).Decode(EtcdKey, value, 5);

    private static void AssertUndecrypted(StoredObject found, string why)
    {
        Assert.Equal((StoredForm.Encrypted, null), (found.Form, found.Document));
        Assert.NotNull(found.Protection);
        Assert.Contains(why, found.Problem, StringComparison.Ordinal);
    }

    private static string Config(string provider, string name, byte[] secret) =>
        $"kind: EncryptionConfiguration\napiVersion: apiserver.config.k8s.io/v1\nresources:\n- resources: [secrets]\n  providers:\n  - {provider}:\n      keys:\n      - name: {name}\n        secret: {Convert.ToBase64String(secret)}\n  - identity: {{}}";

    private static byte[] Value(string prefix, byte[] rest) => [.. Encoding.UTF8.GetBytes("k8s:enc:" + prefix), .. rest];

    private static byte[] Cbc(string name, byte[] secret, byte[] plaintext)
    {
        using Aes aes = Aes.Create();
        aes.Key = secret;
        byte[] iv = SHA256.HashData(plaintext)[..16];
        return Value($"aescbc:v1:{name}:", [.. iv, .. aes.EncryptCbc(plaintext, iv)]);
    }

    private static byte[] Gcm(string name, byte[] secret, byte[] plaintext, byte[] etcdKey)
    {
        using AesGcm aes = new(secret, 16);
        byte[] nonce = SHA256.HashData(plaintext)[..12];
        byte[] ciphertext = new byte[plaintext.Length];
        byte[] tag = new byte[16];
        aes.Encrypt(nonce, plaintext, ciphertext, tag, etcdKey);
        return Value($"aesgcm:v1:{name}:", [.. nonce, .. ciphertext, .. tag]);
    }

    // Made of the parts that NaCl's vectors prove; the program itself only opens boxes.
    private static byte[] Box(string name, byte[] secret, byte[] plaintext)
    {
        byte[] nonce = SHA256.HashData(plaintext)[..Secretbox.NonceBytes];
        byte[] derived = new byte[Salsa20.KeyBytes];
        Salsa20.Hash(secret, nonce.AsSpan(..16), derived);
        byte[] stream = new byte[32 + plaintext.Length + Salsa20.BlockBytes];
        for (int block = 0; block < stream.Length / Salsa20.BlockBytes; block++)
        {
            Salsa20.Block(derived, [.. nonce[16..], (byte)block, 0, 0, 0, 0, 0, 0, 0], stream.AsSpan(block * Salsa20.BlockBytes));
        }

        byte[] ciphertext = [.. plaintext.Select((b, i) => (byte)(b ^ stream[32 + i]))];
        byte[] tag = new byte[Secretbox.TagBytes];
        Poly1305.Tag(stream.AsSpan(..32), ciphertext, tag);
        return Value($"secretbox:v1:{name}:", [.. nonce, .. tag, .. ciphertext]);
    }
}
