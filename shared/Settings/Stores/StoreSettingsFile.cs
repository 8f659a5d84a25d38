using K8sBackup.ObjectStore.Opening;
using K8sBackup.Settings.Yaml;

namespace K8sBackup.Settings.Stores;

/// <summary>
/// Reads the <c>store:</c> mapping of a file and leaves its other fields alone, so that the coordinator's configuration
/// serves as well as a file with nothing else.
/// </summary>
public static class StoreSettingsFile
{
    /// <exception cref="InvalidDataException">The mapping is missing or faulty; one line for each fault, with file and line.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static StoreOptions Read(string path)
    {
        string full = Path.GetFullPath(path);
        List<YamlFault> faults = [];
        StoreOptions? options = YamlDocumentReader.Read(File.ReadAllText(full), faults) is { } root
            ? StoreSection.Read(root, Path.GetDirectoryName(full)!)
            : null;
        return options is not null && faults.Count == 0
            ? options
            : throw new InvalidDataException(string.Join('\n', faults.Select(f => f.ToText(path))));
    }
}
