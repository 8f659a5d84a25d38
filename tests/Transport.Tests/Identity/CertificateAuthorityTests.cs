using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using K8sBackup.Transport.Identity;

namespace K8sBackup.Transport.Tests.Identity;

public sealed class CertificateAuthorityTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("kb-ca-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void OpenOrCreate_Twice_IsTheSameAuthority()
    {
        using CertificateAuthority first = CertificateAuthority.OpenOrCreate(_directory, "prod", TimeProvider.System);
        using CertificateAuthority second = CertificateAuthority.OpenOrCreate(_directory, "prod", TimeProvider.System);
        Assert.Equal(first.Certificate.Thumbprint, second.Certificate.Thumbprint);
    }

    [Fact]
    public void OpenOrCreate_Files_AreForTheOwnerOnly()
    {
        using CertificateAuthority authority = CertificateAuthority.OpenOrCreate(_directory, "prod", TimeProvider.System);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_directory, "ca.key")));
    }

    [Fact]
    public void OpenOrCreate_OtherCluster_IsRefused()
    {
        CertificateAuthority.OpenOrCreate(_directory, "prod", TimeProvider.System).Dispose();
        InvalidDataException e = Assert.Throws<InvalidDataException>(
            () => CertificateAuthority.OpenOrCreate(_directory, "test", TimeProvider.System));
        Assert.Contains("another cluster", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OpenOrCreate_KeyOfAnotherAuthority_IsRefused()
    {
        CertificateAuthority.OpenOrCreate(_directory, "prod", TimeProvider.System).Dispose();
        using ECDsa other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        File.WriteAllText(Path.Combine(_directory, "ca.key"), other.ExportPkcs8PrivateKeyPem());
        Assert.Throws<InvalidDataException>(() => CertificateAuthority.OpenOrCreate(_directory, "prod", TimeProvider.System));
    }

    [Fact]
    public void OpenOrCreate_CertificateWithoutKey_IsRefusedAndNotReplaced()
    {
        CertificateAuthority.OpenOrCreate(_directory, "prod", TimeProvider.System).Dispose();
        File.Delete(Path.Combine(_directory, "ca.key"));
        Assert.Throws<InvalidDataException>(() => CertificateAuthority.OpenOrCreate(_directory, "prod", TimeProvider.System));
        Assert.False(File.Exists(Path.Combine(_directory, "ca.key")));
    }

    [Theory]
    [InlineData("Prod")]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("-x")]
    public void OpenOrCreate_UnusableName_IsRefused(string cluster) =>
        Assert.Throws<ArgumentException>(() => CertificateAuthority.OpenOrCreate(_directory, cluster, TimeProvider.System));

    [Fact]
    public void Check_IssuedClient_GivesItsIdentity()
    {
        using CertificateAuthority authority = CertificateAuthority.OpenOrCreate(_directory, "prod", TimeProvider.System);
        PeerIdentity expected = new("prod", Role.Worker, "worker-1");
        using X509Certificate2 certificate = Issue(authority, expected);
        Assert.Equal(expected, Trust(authority, TimeProvider.System).Check(certificate, asServer: false).Identity);
    }

    [Fact]
    public void Check_ClientPresentedAsServer_IsRefused()
    {
        using CertificateAuthority authority = CertificateAuthority.OpenOrCreate(_directory, "prod", TimeProvider.System);
        using X509Certificate2 certificate = Issue(authority, new PeerIdentity("prod", Role.Worker, "worker-1"));
        Assert.Null(Trust(authority, TimeProvider.System).Check(certificate, asServer: true).Identity);
    }

    [Fact]
    public void Check_OtherAuthoritySameName_IsRefused()
    {
        string elsewhere = Path.Combine(_directory, "other");
        using CertificateAuthority authority = CertificateAuthority.OpenOrCreate(_directory, "prod", TimeProvider.System);
        using CertificateAuthority impostor = CertificateAuthority.OpenOrCreate(elsewhere, "prod", TimeProvider.System);
        using X509Certificate2 certificate = Issue(impostor, new PeerIdentity("prod", Role.Operator, "mallory"));
        IdentityCheck check = Trust(authority, TimeProvider.System).Check(certificate, asServer: false);
        Assert.Null(check.Identity);
        Assert.Contains("does not verify", check.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_Expired_IsRefused()
    {
        using CertificateAuthority authority = CertificateAuthority.OpenOrCreate(_directory, "prod", TimeProvider.System);
        using X509Certificate2 certificate = Issue(authority, new PeerIdentity("prod", Role.Worker, "worker-1"));
        ShiftedClock later = new(CertificateAuthority.AgentLifetime + TimeSpan.FromMinutes(1));
        Assert.Null(Trust(authority, later).Check(certificate, asServer: false).Identity);
    }

    [Fact]
    public void Check_NoCertificate_IsRefused()
    {
        using CertificateAuthority authority = CertificateAuthority.OpenOrCreate(_directory, "prod", TimeProvider.System);
        Assert.Null(Trust(authority, TimeProvider.System).Check(null, asServer: false).Identity);
    }

    [Fact]
    public void ReadPublicKey_TamperedRequest_IsRefused()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[] request = CertificateRequests.Create(key);
        request[^1] ^= 1;
        Assert.ThrowsAny<CryptographicException>(() => CertificateRequests.ReadPublicKey(request));
    }

    [Fact]
    public void ReadPublicKey_OtherCurve_IsRefused()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        byte[] request = new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256).CreateSigningRequest();
        Assert.ThrowsAny<CryptographicException>(() => CertificateRequests.ReadPublicKey(request));
    }

    [Fact]
    public void ReadPublicKey_TooLong_IsRefused() =>
        Assert.Throws<CryptographicException>(() => CertificateRequests.ReadPublicKey(new byte[CertificateRequests.BytesMax + 1]));

    private static TrustedAuthorities Trust(CertificateAuthority authority, TimeProvider clock) => new([authority.Certificate], clock);

    private static X509Certificate2 Issue(CertificateAuthority authority, PeerIdentity identity)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        PublicKey requested = CertificateRequests.ReadPublicKey(CertificateRequests.Create(key));
        return authority.IssueClient(requested, identity, CertificateAuthority.AgentLifetime);
    }

    private sealed class ShiftedClock(TimeSpan shift) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + shift;
    }
}
