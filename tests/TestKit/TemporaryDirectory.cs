namespace K8sBackup.TestKit;

/// <summary>A directory of its own for one test, removed with everything in it.</summary>
public sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("k8sbackup-test-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
