using System.Security.Cryptography.X509Certificates;
using K8sBackup.FakeKube.Access;
using K8sBackup.KubernetesApi.Client;
using K8sBackup.KubernetesApi.Configuration;
using K8sBackup.KubernetesApi.Failures;
using K8sBackup.KubernetesApi.Resources;
using K8sBackup.KubernetesApi.Tests.Support;
using K8sBackup.TestKit;

namespace K8sBackup.KubernetesApi.Tests.Configuration;

public sealed class KubeconfigFileTests
{
    [Theory]
    [InlineData("server: https://a", "insecure-skip-tls-verify: true", "insecure-skip-tls-verify")]
    [InlineData("server: http://10.0.0.1", "", "http")]
    [InlineData("server: ftp://a", "", "https address")]
    [InlineData("server: https://u:p@a", "", "credentials")]
    [InlineData("server: https://a", "certificate-authority-data: '#'", "base64")]
    [InlineData("server: https://a", "certificate-authority-data: aGVsbG8=", "certificate")]
    [InlineData("server: https://a", "certificate-authority: nowhere.crt", "nowhere.crt")]
    public void Read_UnusableCluster_NamesTheField(string server, string field, string expected)
    {
        string message = Fault($"clusters: [{{name: c, cluster: {{{server}{(field.Length > 0 ? ", " + field : "")}}}}}]", "{}");
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{client-certificate: a.crt}", "client-key")]
    [InlineData("{username: me, password: hunter2}", "username")]
    [InlineData("{exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: a}}", "apiVersion")]
    [InlineData("{exec: {apiVersion: client.authentication.k8s.io/v1, command: a, interactiveMode: Always}}", "interactiveMode")]
    [InlineData("[hunter2]", "mapping")]
    public void Read_UnusableUser_NamesTheFieldAndNoSecret(string user, string expected)
    {
        string message = Fault("clusters: [{name: c, cluster: {server: 'https://a'}}]", user);
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_NoYaml_NamesTheLineOnly()
    {
        using TemporaryDirectory directory = new();
        string path = Path.Combine(directory.Path, "config");
        File.WriteAllText(path, "token: hunter2\n  : [");
        KubernetesConfigurationException e = Assert.Throws<KubernetesConfigurationException>(() => KubeconfigFile.Read(path, "", TimeProvider.System));
        Assert.Contains("line", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", e.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TokenFile_Rotated_IsReadAgain()
    {
        await using StandIn world = await StandIn.StartAsync();
        KubernetesClient client = world.Client();
        Assert.Null(await client.FindAsync(KubernetesTypes.ConfigMaps, new ResourceName("default", "a"), Polling.Limit()));
        world.Server.AddToken("second", new KnownToken { Username = "admin" });
        world.Server.RemoveToken(world.Server.AdminToken);
        await File.WriteAllTextAsync(Path.Combine(world.Directory, "token"), "second\n");
        Assert.Null(await client.FindAsync(KubernetesTypes.ConfigMaps, new ResourceName("default", "a"), Polling.Limit()));
        world.Server.RemoveToken("second");
        KubernetesException e = await Assert.ThrowsAsync<KubernetesException>(
            () => client.FindAsync(KubernetesTypes.ConfigMaps, new ResourceName("default", "a"), Polling.Limit()));
        Assert.Equal(KubernetesFailure.Unauthorized, e.Failure);
        Assert.DoesNotContain("second", e.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ClientCertificate_FromFiles_IsUsed()
    {
        await using StandIn world = await StandIn.StartAsync();
        WriteCertificate(world);
        Replace(world, "tokenFile: token", "client-certificate: client.crt, client-key: client.key");
        Assert.Null(await world.Client().FindAsync(KubernetesTypes.ConfigMaps, new ResourceName("default", "a"), Polling.Limit()));
    }

    [Fact]
    public async Task Exec_GivesAToken_WhichIsKeptUntilItIsRefused()
    {
        await using StandIn world = await StandIn.StartAsync();
        world.Server.AddToken("first", new KnownToken { Username = "u" });
        world.Server.AddToken("next", new KnownToken { Username = "u" });
        WriteProgram(world, """
            case "$KUBERNETES_EXEC_INFO" in *'"interactive":false'*) ;; *) exit 7 ;; esac
            echo called >> "$(dirname "$0")/calls"
            token=first; [ -e "$(dirname "$0")/rotated" ] && token=next
            echo "{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\"status\":{\"token\":\"$token\"}}"
            """);
        KubernetesClient client = world.Client();
        for (int i = 0; i < 3; i++)
        {
            await client.FindAsync(KubernetesTypes.ConfigMaps, new ResourceName("default", "a"), Polling.Limit());
        }

        Assert.Single(await File.ReadAllLinesAsync(Path.Combine(world.Directory, "calls")));
        await File.WriteAllTextAsync(Path.Combine(world.Directory, "rotated"), "");
        world.Server.RemoveToken("first");
        await client.FindAsync(KubernetesTypes.ConfigMaps, new ResourceName("default", "a"), Polling.Limit());
        Assert.Equal(2, (await File.ReadAllLinesAsync(Path.Combine(world.Directory, "calls"))).Length);
    }

    [Theory]
    [InlineData("echo hunter2; exit 3", "exit code 3")]
    [InlineData("echo hunter2", "no JSON")]
    [InlineData("echo '{}'", "no ExecCredential")]
    [InlineData("echo '{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\"status\":{}}'", "neither")]
    public async Task Exec_Fails_SaysHowAndNotWhatItPrinted(string script, string expected)
    {
        await using StandIn world = await StandIn.StartAsync();
        WriteProgram(world, script);
        KubernetesException e = await Assert.ThrowsAsync<KubernetesException>(
            () => world.Client().FindAsync(KubernetesTypes.ConfigMaps, new ResourceName("default", "a"), Polling.Limit()));
        Assert.Equal(KubernetesFailure.Credentials, e.Failure);
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", e.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ServerName_OfTheKubeconfig_IsAskedFor()
    {
        await using StandIn world = await StandIn.StartAsync();
        Replace(world, "cluster: {server:", "cluster: {tls-server-name: kubernetes.default.svc, server:");
        Assert.Null(await world.Client().FindAsync(KubernetesTypes.ConfigMaps, new ResourceName("default", "a"), Polling.Limit()));
        Replace(world, "kubernetes.default.svc", "elsewhere.example");
        KubernetesException e = await Assert.ThrowsAsync<KubernetesException>(
            () => world.Client().FindAsync(KubernetesTypes.ConfigMaps, new ResourceName("default", "a"), Polling.Limit()));
        Assert.Equal(KubernetesFailure.Unreachable, e.Failure);
    }

    [Fact]
    public async Task InCluster_FilesOfThePod_AreUsed()
    {
        await using StandIn world = await StandIn.StartAsync();
        await File.WriteAllTextAsync(Path.Combine(world.Directory, "namespace"), "k8s-backup\n");
        Uri address = world.Server.Address;
        ClusterAccess access = InClusterConfiguration.Read(world.Directory, address.Host, $"{address.Port}", TimeProvider.System);
        using KubernetesClient client = new(access, new KubernetesClientOptions(), TimeProvider.System, new Random(1));
        Assert.Equal("k8s-backup", client.Namespace);
        Assert.Null(await client.FindAsync(KubernetesTypes.ConfigMaps, new ResourceName("default", "a"), Polling.Limit()));
        Assert.Throws<KubernetesConfigurationException>(() => InClusterConfiguration.Read(world.Directory, "", "", TimeProvider.System));
        Assert.Throws<KubernetesConfigurationException>(() => InClusterConfiguration.Read("/nowhere", "h", "1", TimeProvider.System));
    }

    private static string Fault(string clusters, string user)
    {
        using TemporaryDirectory directory = new();
        string path = Path.Combine(directory.Path, "config");
        File.WriteAllText(path, $"{clusters}\ncurrent-context: x\nusers: [{{name: u, user: {user}}}]\ncontexts: [{{name: x, context: {{cluster: c, user: u}}}}]\n");
        return Assert.Throws<KubernetesConfigurationException>(() => KubeconfigFile.Read(path, "", TimeProvider.System)).Message;
    }

    private static void Replace(StandIn world, string text, string other)
    {
        string before = File.ReadAllText(world.Kubeconfig);
        string after = before.Replace(text, other, StringComparison.Ordinal);
        Assert.NotEqual(before, after);
        File.WriteAllText(world.Kubeconfig, after);
    }

    private static void WriteCertificate(StandIn world)
    {
        using X509Certificate2 certificate = world.Server.Identity.IssueClient("someone");
        File.WriteAllText(Path.Combine(world.Directory, "client.crt"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(world.Directory, "client.key"), certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
    }

    private static void WriteProgram(StandIn world, string script)
    {
        string path = Path.Combine(world.Directory, "plugin");
        File.WriteAllText(path, "#!/bin/sh\n" + script + "\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        // Through the shell: a file just written may still be open for writing in a child another test is starting.
        Replace(world, "tokenFile: token", $"exec: {{apiVersion: client.authentication.k8s.io/v1, command: /bin/sh, args: ['{path}']}}");
    }
}
