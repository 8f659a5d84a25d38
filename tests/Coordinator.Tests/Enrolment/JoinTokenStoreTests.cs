using K8sBackup.Coordinator.Enrolment;
using K8sBackup.TestKit.Time;
using K8sBackup.Transport.Identity;

namespace K8sBackup.Coordinator.Tests.Enrolment;

public sealed class JoinTokenStoreTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("k8sbackup-tokens-").FullName;
    private readonly ManualTimeProvider _clock = new();
    private readonly CertificateAuthority _authority;
    private readonly JoinTokenStore _store;

    public JoinTokenStoreTests()
    {
        _authority = CertificateAuthority.OpenOrCreate(Path.Combine(_directory, "ca"), "prod", _clock);
        _store = new JoinTokenStore(Path.Combine(_directory, "tokens"), _clock);
    }

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public void Use_AfterRestart_StillKnowsWhoUsedTheToken()
    {
        JoinToken token = Create();
        Assert.Equal(Role.Worker, _store.Use(token, "w-1", [1], (_, _) => true));
        JoinTokenStore reopened = new(Path.Combine(_directory, "tokens"), _clock);
        Assert.Null(reopened.Use(token, "w-1", [2], (_, _) => true));
        Assert.Equal(Role.Worker, reopened.Use(token, "w-1", [1], (_, _) => true));
    }

    [Fact]
    public void Use_RefusedByPolicy_DoesNotUseTheTokenUp()
    {
        JoinToken token = Create();
        Assert.Null(_store.Use(token, "w-1", [1], (_, _) => false));
        Assert.Equal(Role.Worker, _store.Use(token, "w-1", [2], (_, _) => true));
    }

    [Fact]
    public void Create_KeepsNoSecretAndPrivateFiles()
    {
        JoinToken token = Create();
        string file = Directory.GetFiles(Path.Combine(_directory, "tokens")).Single();
        Assert.DoesNotContain(token.Reveal().Split('.')[2], File.ReadAllText(file), StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    [Fact]
    public void Create_ExpiredAndDamagedTokens_AreThrownAway()
    {
        Create();
        File.WriteAllText(Path.Combine(_directory, "tokens", "broken.json"), "{");
        _clock.Advance(TimeSpan.FromHours(2));
        Create();
        Assert.Single(Directory.GetFiles(Path.Combine(_directory, "tokens")));
    }

    private JoinToken Create() => _store.Create(_authority.Certificate, Role.Worker, "", _clock.GetUtcNow().AddHours(1));
}
