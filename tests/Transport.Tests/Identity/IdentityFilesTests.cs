using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using K8sBackup.Transport.Identity;

namespace K8sBackup.Transport.Tests.Identity;

public sealed class IdentityFilesTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("kb-identity-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Load_SavedIdentity_HasKeyAndAuthority()
    {
        IdentityFiles files = Save(new PeerIdentity("prod", Role.Operator, "alice"), out string thumbprint);
        LocalIdentity loaded = files.Load();
        Assert.Equal(new PeerIdentity("prod", Role.Operator, "alice"), loaded.Peer);
        Assert.Equal(thumbprint, loaded.Certificate.Thumbprint);
        Assert.True(loaded.Certificate.HasPrivateKey);
        Assert.NotNull(loaded.Authorities.Check(loaded.Certificate, asServer: false).Identity);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(files.FilePath));
    }

    [Fact]
    public void RenewAt_IsAThirdOfTheLife()
    {
        LocalIdentity loaded = Save(new PeerIdentity("prod", Role.Worker, "w1"), out _).Load();
        TimeSpan untilRenewal = loaded.RenewAt - DateTimeOffset.Parse(loaded.Certificate.GetEffectiveDateString(), System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(untilRenewal, TimeSpan.FromHours(4), TimeSpan.FromHours(4.1));
    }

    [Fact]
    public void Load_Missing_NamesTheFile()
    {
        IdentityFiles files = new(_directory, TimeProvider.System);
        Assert.Contains(files.FilePath, Assert.Throws<InvalidDataException>(() => files.Load()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("not pem")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")]
    public void Load_Malformed_NamesTheFile(string content)
    {
        IdentityFiles files = new(_directory, TimeProvider.System);
        File.WriteAllText(files.FilePath, content);
        Assert.Contains(files.FilePath, Assert.Throws<InvalidDataException>(() => files.Load()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_TruncatedFile_IsRefused()
    {
        IdentityFiles files = Save(new PeerIdentity("prod", Role.Worker, "w1"), out _);
        string text = File.ReadAllText(files.FilePath);
        File.WriteAllText(files.FilePath, text[..(text.Length / 2)]);
        Assert.Throws<InvalidDataException>(() => files.Load());
    }

    private IdentityFiles Save(PeerIdentity peer, out string thumbprint)
    {
        using CertificateAuthority authority = CertificateAuthority.OpenOrCreate(Path.Combine(_directory, "ca"), "prod", TimeProvider.System);
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = authority.IssueClient(new PublicKey(key), peer, CertificateAuthority.AgentLifetime);
        thumbprint = certificate.Thumbprint;
        IdentityFiles files = new(_directory, TimeProvider.System);
        files.Save(key, certificate, [authority.Certificate]);
        return files;
    }
}
