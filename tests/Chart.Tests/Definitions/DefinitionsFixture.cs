using K8sBackup.Chart.Tests.Objects;
using K8sBackup.Chart.Tests.Rendering;
using K8sBackup.TestKit;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.Chart.Tests.Definitions;

/// <summary>The definitions in a real API server, and a namespace; what was not there before is taken away at the end. Nothing without E2E_KUBECONFIG.</summary>
public sealed class DefinitionsFixture : IAsyncLifetime
{
    private static readonly string _kubectl = RepositoryTree.PathOf("artifacts/tools/helm-4/kubectl");
    private static readonly string _definitions = RepositoryTree.PathOf("charts/k8s-backup-agent/crds");

    private readonly TemporaryDirectory _directory = new();
    private bool _wereThere;

    public string Namespace { get; } = $"k8sbackup-test-{Guid.NewGuid():n}"[..30];

    public async Task InitializeAsync()
    {
        if (!ClusterTheoryAttribute.IsThere)
        {
            return;
        }

        _wereThere = (await TryAsync("get", "--filename", _definitions)).ExitCode == 0;
        await RunAsync("apply", "--server-side", "--force-conflicts", "--filename", _definitions);
        await RunAsync("wait", "--for=condition=Established", "--timeout", "60s", "--filename", _definitions);
        await RunAsync("create", "namespace", Namespace);
    }

    public async Task DisposeAsync()
    {
        if (ClusterTheoryAttribute.IsThere)
        {
            await RunAsync("delete", "namespace", Namespace, "--wait=false");
            if (!_wereThere)
            {
                await RunAsync("delete", "--wait=false", "--filename", _definitions);
            }
        }

        _directory.Dispose();
    }

    /// <summary>What the server says of an object, without keeping it.</summary>
    public Task<ProcessResult> TryCreateAsync(string manifest) => WithFileAsync(manifest, file => TryAsync("create", "--dry-run=server", "--namespace", Namespace, "--filename", file));

    /// <summary>Puts an object there.</summary>
    public Task CreateAsync(string manifest) => WithFileAsync(manifest, async file =>
    {
        await RunAsync("create", "--namespace", Namespace, "--filename", file);
        return 0;
    });

    /// <summary>What the server says of a change, without making it.</summary>
    public Task<ProcessResult> TryPatchAsync(string what, string patch) =>
        TryAsync("patch", what, "--dry-run=server", "--namespace", Namespace, "--type", "json", "--patch", patch);

    private static Task<ProcessResult> TryAsync(params string[] arguments) =>
        ChildProcess.RunAsync(_kubectl, arguments, TimeSpan.FromMinutes(2), new Dictionary<string, string?> { ["KUBECONFIG"] = ClusterTheoryAttribute.Kubeconfig });

    private static async Task RunAsync(params string[] arguments)
    {
        ProcessResult result = await TryAsync(arguments);
        Assert.True(result.ExitCode == 0, $"kubectl {string.Join(' ', arguments)}: {result.StandardError}");
    }

    private async Task<T> WithFileAsync<T>(string manifest, Func<string, Task<T>> use)
    {
        string file = Path.Combine(_directory.Path, $"{Guid.NewGuid():n}.yaml");
        await File.WriteAllTextAsync(file, manifest);
        return await use(file);
    }
}
