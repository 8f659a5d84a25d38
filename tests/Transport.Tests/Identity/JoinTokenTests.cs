using System.Security.Cryptography;
using K8sBackup.Transport.Identity;

namespace K8sBackup.Transport.Tests.Identity;

public sealed class JoinTokenTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("kb-token-").FullName;
    private readonly CertificateAuthority _authority;

    public JoinTokenTests() => _authority = CertificateAuthority.OpenOrCreate(_directory, "prod", TimeProvider.System);

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public void TryParse_RevealedToken_IsTheSame()
    {
        JoinToken token = JoinToken.Create(_authority.Certificate, TimeProvider.System);
        Assert.True(JoinToken.TryParse(token.Reveal(), out JoinToken? parsed));
        Assert.Equal(token.Id, parsed.Id);
        Assert.Equal(token.SecretHash(), parsed.SecretHash());
        using ECDsa key = parsed.AuthorityKey();
        Assert.Equal(_authority.Certificate.PublicKey.ExportSubjectPublicKeyInfo(), key.ExportSubjectPublicKeyInfo());
        Assert.True(token.Reveal().Length <= JoinToken.TextLengthMax);
    }

    [Fact]
    public void ToString_NeverShowsTheSecret()
    {
        JoinToken token = JoinToken.Create(_authority.Certificate, TimeProvider.System);
        string secret = token.Reveal().Split('.')[2];
        Assert.DoesNotContain(secret, token.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("kb1")]
    [InlineData("kb1.a.b.c")]
    [InlineData("kb2.01h455vb4pex5vsknk084sn02q.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.AAAA")]
    public void TryParse_Malformed_IsFalse(string? text) => Assert.False(JoinToken.TryParse(text, out _));

    [Fact]
    public void TryParse_TooLong_IsFalse() => Assert.False(JoinToken.TryParse(new string('a', 100_000), out _));
}
