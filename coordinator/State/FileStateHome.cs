using K8sBackup.Coordinator.Hosting;
using K8sBackup.Transport.Identity;

namespace K8sBackup.Coordinator.State;

/// <summary>Documents as private JSON files of a directory, replaced in one step.</summary>
public sealed class FileStateHome : IStateHome
{
    private const string Extension = ".json";

    private readonly string _directory;

    public FileStateHome(string directory) => _directory = directory;

    public IReadOnlyList<string> Names(string folder)
    {
        string path = Path.Combine(_directory, folder);
        PrivateFiles.CreateDirectory(path);
        return [.. Directory.EnumerateFiles(path, $"*{Extension}").Select(file => Path.GetFileNameWithoutExtension(file))];
    }

    public T? Read<T>(string name)
        where T : class => StateFile.Read<T>(PathOf(name));

    public void Write<T>(string name, T value)
        where T : class => StateFile.Write(PathOf(name), value);

    public void Delete(string name) => File.Delete(PathOf(name));

    public Task FlushAsync(string name, CancellationToken cancellationToken) => Task.CompletedTask;

    private string PathOf(string name) => Path.Combine(_directory, name + Extension);
}
