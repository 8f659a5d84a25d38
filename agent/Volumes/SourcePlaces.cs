using K8sBackup.Agent.Hosting;
using K8sBackup.Model.Ids;

namespace K8sBackup.Agent.Volumes;

/// <summary>
/// Remembers where each volume of this node was last read, so that a restore can go back there and is known to. Lost
/// with the state directory; a restore then has to name its target.
/// </summary>
internal sealed class SourcePlaces
{
    private readonly string _directory;

    public SourcePlaces(AgentOptions options) => _directory = Path.Combine(options.StateDirectory, "places");

    public void Note(SourceKey source, string path)
    {
        Directory.CreateDirectory(_directory);
        string file = FileOf(source);
        if (Find(source) != path)
        {
            File.WriteAllText(file + ".new", path);
            File.Move(file + ".new", file, overwrite: true);
        }
    }

    /// <summary>The path, null when it is not known.</summary>
    public string? Find(SourceKey source)
    {
        string file = FileOf(source);
        return File.Exists(file) ? File.ReadAllText(file) : null;
    }

    // Names were checked to be usable as parts of file names when the key was read.
    private string FileOf(SourceKey source) => Path.Combine(_directory, source.ToString().Replace('/', '_'));
}
