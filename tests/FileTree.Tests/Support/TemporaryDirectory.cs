namespace K8sBackup.FileTree.Tests.Support;

internal sealed class TemporaryDirectory : IDisposable
{
    public TemporaryDirectory(string? under = null) =>
        Path = under is null
            ? Directory.CreateTempSubdirectory("kb-tree-").FullName
            : Directory.CreateDirectory(System.IO.Path.Combine(under, "kb-tree-" + Guid.NewGuid().ToString("N"))).FullName;

    public string Path { get; }

    public string this[string name] => System.IO.Path.Combine(Path, name);

    // The shell removes what .NET's paths cannot name: invalid UTF-8 and paths beyond PATH_MAX.
    public void Dispose() => Shell.Run("/", $"rm -rf '{Path}'");
}
