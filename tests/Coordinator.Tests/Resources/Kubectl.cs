using K8sBackup.TestKit;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.Coordinator.Tests.Resources;

/// <summary>The real kubectl, as somebody with a kubeconfig uses it.</summary>
internal sealed class Kubectl : IDisposable
{
    private static readonly string _program = Path.Combine(CustomResource.RepositoryRoot, "artifacts", "tools", "helm-4", "kubectl");

    private readonly TemporaryDirectory _directory = new();
    private readonly string _kubeconfig;

    public Kubectl(ResourceWorld world)
    {
        _kubeconfig = world.Kube.WriteKubeconfig(Path.Combine(_directory.Path, "kube"), ResourceWorld.Namespace);
    }

    /// <summary>Why tests are left out; null when there is a kubectl.</summary>
    public static string? MissingBecause => File.Exists(_program) ? null : "There is no kubectl below artifacts/tools; './dev test' says why.";

    /// <summary>What it prints, with runs of spaces as one. It must succeed.</summary>
    public async Task<string> RunAsync(params string[] arguments)
    {
        ProcessResult result = await ChildProcess.RunAsync(
            _program, arguments, TimeSpan.FromMinutes(2), new Dictionary<string, string?> { ["KUBECONFIG"] = _kubeconfig, ["HOME"] = _directory.Path });
        Assert.True(result.ExitCode == 0, $"kubectl {string.Join(' ', arguments)}: {result.StandardOutput}{result.StandardError}");
        return string.Join('\n', result.StandardOutput.Split('\n').Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries)))).Trim();
    }

    public Task<string> ApplyAsync(string manifest)
    {
        string file = Path.Combine(_directory.Path, "manifest.yaml");
        File.WriteAllText(file, manifest);
        return RunAsync("apply", "--filename", file);
    }

    public void Dispose() => _directory.Dispose();
}
