using System.Security.Cryptography.X509Certificates;
using System.Text;
using K8sBackup.FakeKube.Access;
using K8sBackup.FakeKube.Serving;
using K8sBackup.KubernetesApi.Client;
using K8sBackup.KubernetesApi.Configuration;
using K8sBackup.KubernetesApi.Credentials;
using K8sBackup.KubernetesApi.Failures;
using K8sBackup.KubernetesApi.Resources;
using K8sBackup.KubernetesApi.Tests.Support;
using K8sBackup.TestKit;
using K8sBackup.TestKit.Time;

namespace K8sBackup.KubernetesApi.Tests.Credentials;

/// <summary>Credentials that change while they are used.</summary>
public sealed class CredentialTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly ManualTimeProvider _clock = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task TokenFile_WrittenAnew_IsReadWithinAMinuteThoughNobodyRefusedIt()
    {
        string path = Write("token", "one\n");
        TokenFileCredentials source = new(path, _clock);
        Assert.Equal("one", (await source.GetAsync(refresh: false, default)).Token);
        Write("token", "two\n");
        Assert.Equal("one", (await source.GetAsync(refresh: false, default)).Token);
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("two", (await source.GetAsync(refresh: false, default)).Token);
    }

    [Fact]
    public async Task TokenFile_EmptyHugeOrGone_IsAFailureThatNamesIt()
    {
        string path = Write("token", "");
        TokenFileCredentials source = new(path, _clock);
        foreach (string content in (string[])["", new string('x', 100_000)])
        {
            Write("token", content);
            Assert.Contains(path, (await FailingAsync(source)).Message, StringComparison.Ordinal);
        }

        File.Delete(path);
        Assert.Contains(path, (await FailingAsync(source)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CertificateFiles_WrittenAnew_AreReadAgain()
    {
        using ServerIdentity identity = new(TimeProvider.System.GetUtcNow());
        (string certificate, string key) = WriteCertificate(identity, "one");
        CertificateFileCredentials source = new(certificate, key);
        Assert.Contains("CN=one", (await source.GetAsync(refresh: false, default)).Certificate!.Subject, StringComparison.Ordinal);
        WriteCertificate(identity, "two");
        // Should both have been written within one tick of the file system's clock.
        File.SetLastWriteTimeUtc(certificate, TimeProvider.System.GetUtcNow().AddSeconds(10).UtcDateTime);
        Assert.Contains("CN=two", (await source.GetAsync(refresh: false, default)).Certificate!.Subject, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Kubeconfig_CertificateAsDataAndAToken_AreBothGiven()
    {
        using ServerIdentity identity = new(TimeProvider.System.GetUtcNow());
        (string certificate, string key) = WriteCertificate(identity, "one");
        string user = $"{{token: secret, client-certificate-data: {Data(certificate)}, client-key-data: {Data(key)}}}";
        Credential credential = await KubeconfigFile.Read(Write("kubeconfig", Kubeconfig(user)), "", _clock).Credentials.GetAsync(refresh: false, default);
        Assert.Equal("secret", credential.Token);
        Assert.True(credential.Certificate!.HasPrivateKey);
        Assert.DoesNotContain("secret", credential.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exec_NearItsEnd_IsAskedAgain()
    {
        using ExecCredentials source = Program("""
            echo x >> "$HERE/calls"
            echo "{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\"status\":{\"token\":\"t$(wc -l < "$HERE/calls")\",\"expirationTimestamp\":\"2026-06-01T12:10:00Z\"}}"
            """);
        Assert.Equal("t1", (await source.GetAsync(refresh: false, default)).Token);
        _clock.Advance(TimeSpan.FromMinutes(9));
        Assert.Equal("t1", (await source.GetAsync(refresh: false, default)).Token);
        _clock.Advance(TimeSpan.FromSeconds(51));
        Assert.Equal("t2", (await source.GetAsync(refresh: false, default)).Token);
    }

    [Fact]
    public async Task Exec_AskedToKnowTheCluster_IsToldAndMayGiveACertificate()
    {
        using ServerIdentity identity = new(TimeProvider.System.GetUtcNow());
        (string certificate, string key) = WriteCertificate(identity, "from-program");
        Write("answer", $$$"""
            {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status":
              {"clientCertificateData": "{{{Lines(certificate)}}}", "clientKeyData": "{{{Lines(key)}}}"}}
            """);
        string user = $"{{exec: {{apiVersion: client.authentication.k8s.io/v1, command: /bin/sh, provideClusterInfo: true, env: [{{name: HERE, value: '{_directory.Path}'}}], args: [-c, 'echo \"$KUBERNETES_EXEC_INFO\" > \"$HERE/told\"; cat \"$HERE/answer\"']}}}}";
        ICredentialSource source = KubeconfigFile.Read(Write("kubeconfig", Kubeconfig(user)), "", _clock).Credentials;
        Assert.Contains("CN=from-program", (await source.GetAsync(refresh: false, default)).Certificate!.Subject, StringComparison.Ordinal);
        Assert.Contains("\"server\":\"https://api.example\"", await File.ReadAllTextAsync(Path.Combine(_directory.Path, "told")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exec_ProgramThatIsMissingOrSaysTooMuch_IsAFailure()
    {
        ExecPlugin missing = new() { Command = "/nowhere/login", ApiVersion = "client.authentication.k8s.io/v1", InstallHint = "Get it from the intranet." };
        using (ExecCredentials none = new(missing, _clock))
        {
            Assert.EndsWith("Get it from the intranet.", (await FailingAsync(none)).Message, StringComparison.Ordinal);
        }

        using ExecCredentials chatty = Program("head -c 2000000 /dev/zero");
        Assert.Contains("more than", (await FailingAsync(chatty)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Authority_OfTheFileRotated_IsTrustedFromThenOn()
    {
        await using StandIn before = await StandIn.StartAsync();
        await using FakeKubeServer after = await FakeKubeServer.StartAsync(new FakeKubeOptions());
        ClusterAccess access = InClusterConfiguration.Read(before.Directory, after.Address.Host, $"{after.Address.Port}", TimeProvider.System);
        using KubernetesClient client = new(access, new KubernetesClientOptions { AttemptsMax = 1 }, TimeProvider.System, new Random(1));
        Task<bool> FindAsync() => client.DeleteAsync(KubernetesTypes.ConfigMaps, new ResourceName("default", "a"), DeleteOptions.Anything, Polling.Limit());
        Assert.Equal(KubernetesFailure.Unreachable, (await Assert.ThrowsAsync<KubernetesException>(FindAsync)).Failure);
        await File.WriteAllTextAsync(Path.Combine(before.Directory, "ca.crt"), before.Server.Identity.AuthorityPem + after.Identity.AuthorityPem);
        await File.WriteAllTextAsync(Path.Combine(before.Directory, "token"), after.AdminToken);
        Assert.False(await FindAsync());
    }

    private static string Kubeconfig(string user) =>
        $"{{apiVersion: v1, kind: Config, clusters: [{{name: c, cluster: {{server: 'https://api.example'}}}}], users: [{{name: u, user: {user}}}], contexts: [{{name: x, context: {{cluster: c, user: u}}}}], current-context: x}}";

    private static string Data(string path) => Convert.ToBase64String(File.ReadAllBytes(path));

    private static string Lines(string path) => File.ReadAllText(path).Replace("\n", "\\n", StringComparison.Ordinal);

    private static async Task<KubernetesException> FailingAsync(ICredentialSource source)
    {
        KubernetesException e = await Assert.ThrowsAsync<KubernetesException>(() => source.GetAsync(refresh: true, default).AsTask());
        Assert.Equal(KubernetesFailure.Credentials, e.Failure);
        return e;
    }

    private ExecCredentials Program(string script) => new(
        new ExecPlugin
        {
            Command = "/bin/sh",
            Arguments = ["-c", script],
            Environment = [KeyValuePair.Create("HERE", _directory.Path)],
            ApiVersion = "client.authentication.k8s.io/v1",
        },
        _clock);

    private string Write(string name, string text)
    {
        string path = Path.Combine(_directory.Path, name);
        File.WriteAllText(path, text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        return path;
    }

    private (string Certificate, string Key) WriteCertificate(ServerIdentity identity, string user)
    {
        using X509Certificate2 certificate = identity.IssueClient(user);
        return (Write("client.crt", certificate.ExportCertificatePem()), Write("client.key", certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem()));
    }
}
