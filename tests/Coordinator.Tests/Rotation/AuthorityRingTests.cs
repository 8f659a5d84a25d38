using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using K8sBackup.Coordinator.Rotation;
using K8sBackup.TestKit;
using K8sBackup.TestKit.Time;
using K8sBackup.Transport.Identity;

namespace K8sBackup.Coordinator.Tests.Rotation;

public sealed class AuthorityRingTests : IDisposable
{
    private static readonly PeerIdentity Worker = new("prod", Role.Worker, "w-1");
    private static readonly TimeSpan Overlap = TimeSpan.FromHours(24);

    private readonly TemporaryDirectory _directory = new();
    private readonly ManualTimeProvider _clock = new();
    private readonly RecordingHome _home = new();

    private string Folder => Path.Combine(_directory.Path, "ca");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task BeginAndFinish_BothAreTrustedInBetween_AndARestartKnowsWhereItWas()
    {
        using AuthorityRing ring = Open();
        TrustedAuthorities trusted = new(() => ring.Current.Certificates, _clock);
        X509Certificate2 former = Issue(ring);
        X509Certificate2 server = ring.Serving.IssueServer(["localhost"]);
        int changes = 0;
        ring.Changed += () => changes++;

        Assert.True(await ring.BeginAsync(Overlap, CancellationToken.None));
        Assert.False(await ring.BeginAsync(Overlap, CancellationToken.None));
        X509Certificate2 renewed = Issue(ring);
        Assert.Equal((true, false), (ring.IsOutdated(former), ring.IsOutdated(renewed)));
        Assert.Equal((Worker, Worker), (trusted.Check(former, asServer: false).Identity, trusted.Check(renewed, asServer: false).Identity));
        // Who knows the former one only knows the coordinator still.
        Assert.True(ring.Serving.Issued(server));
        Assert.Equal((ring.Serving.Fingerprint, ring.Current.Next!.Fingerprint), (ring.IssuerOf(former), ring.IssuerOf(renewed)));

        using (AuthorityRing restarted = Open())
        {
            Assert.Equal(ring.Current.Next!.Fingerprint, restarted.Current.Next!.Fingerprint);
            Assert.Equal(_clock.GetUtcNow() + Overlap, restarted.Rotation!.OverlapEndsAt);
        }

        string next = ring.Current.Next!.Fingerprint;
        _clock.Advance(TimeSpan.FromHours(1));
        Assert.True(await ring.FinishAsync(CancellationToken.None));
        Assert.False(await ring.FinishAsync(CancellationToken.None));
        Assert.Equal((next, null, 2), (ring.Serving.Fingerprint, ring.Rotation, changes));
        Assert.Null(trusted.Check(former, asServer: false).Identity);
        Assert.Equal(Worker, trusted.Check(renewed, asServer: false).Identity);
        // Its holder trusts the former one still, until it renews once more.
        Assert.True(ring.IsOutdated(renewed));
        Assert.False(ring.IsOutdated(Issue(ring)));

        using AuthorityRing again = Open();
        Assert.Equal((next, null), (again.Serving.Fingerprint, again.Rotation));
        Assert.True(again.IsOutdated(renewed));
        Assert.Equal([["ca.crt", "ca.key", "next.crt", "next.key", "rotation.json"], ["ca.crt", "ca.key", "rotation.json"]], _home.Kept.Select(files => files.Keys.Order().ToArray()));
        Assert.Equal([2, 1], _home.Certificates);
    }

    [Fact]
    public async Task BeginAndFinish_NotKeptForOthers_ChangeNothing()
    {
        using AuthorityRing ring = Open();
        string before = ring.Serving.Fingerprint;
        _home.Fails = true;
        await Assert.ThrowsAsync<IOException>(() => ring.BeginAsync(Overlap, CancellationToken.None));
        Assert.Equal((before, null), (ring.Serving.Fingerprint, ring.Rotation));
        Assert.Equal(["ca.crt", "ca.key"], Directory.GetFiles(Folder).Select(Path.GetFileName).Order());

        _home.Fails = false;
        Assert.True(await ring.BeginAsync(Overlap, CancellationToken.None));
        _home.Fails = true;
        await Assert.ThrowsAsync<IOException>(() => ring.FinishAsync(CancellationToken.None));
        Assert.Equal(before, ring.Serving.Fingerprint);
        Assert.NotNull(ring.Rotation);
        _home.Fails = false;
        Assert.True(await ring.FinishAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Open_AfterADeathInBetween_IsOneOrTheOther()
    {
        using AuthorityRing ring = Open();
        await ring.BeginAsync(Overlap, CancellationToken.None);
        string next = ring.Current.Next!.Fingerprint;

        // Dead after the first of the two renames of the end.
        File.Move(Path.Combine(Folder, "next.key"), Path.Combine(Folder, "ca.key"), overwrite: true);
        using (AuthorityRing finished = Open())
        {
            Assert.Equal((next, null), (finished.Serving.Fingerprint, finished.Rotation));
        }

        // Dead after the first of the two files of a beginning.
        (_, string key) = CertificateAuthority.Create("prod", _clock);
        await File.WriteAllTextAsync(Path.Combine(Folder, "next.key"), key);
        using AuthorityRing notBegun = Open();
        Assert.Equal((next, null), (notBegun.Serving.Fingerprint, notBegun.Rotation));
        Assert.False(File.Exists(Path.Combine(Folder, "next.key")));
    }

    [Fact]
    public async Task Open_NextOfAnotherCluster_IsRefused()
    {
        using AuthorityRing ring = Open();
        (string certificate, string key) = CertificateAuthority.Create("other", _clock);
        await File.WriteAllTextAsync(Path.Combine(Folder, "next.key"), key);
        await File.WriteAllTextAsync(Path.Combine(Folder, "next.crt"), certificate);
        Assert.Contains("another cluster", Assert.Throws<InvalidDataException>(Open).Message, StringComparison.Ordinal);
    }

    private static X509Certificate2 Issue(AuthorityRing ring)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return ring.Current.Issuing.IssueClient(new PublicKey(key), Worker, CertificateAuthority.AgentLifetime);
    }

    private AuthorityRing Open() => new(Folder, "prod", _home, _clock);

    private sealed class RecordingHome : IAuthorityHome
    {
        public bool Fails { get; set; }

        public List<IReadOnlyDictionary<string, string>> Kept { get; } = [];

        public List<int> Certificates { get; } = [];

        public Task KeepAsync(IReadOnlyDictionary<string, string> files, IReadOnlyList<string> certificates, CancellationToken cancellationToken)
        {
            if (Fails)
            {
                throw new IOException("away");
            }

            Kept.Add(files);
            Certificates.Add(certificates.Count);
            return Task.CompletedTask;
        }
    }
}
