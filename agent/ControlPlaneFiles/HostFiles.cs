using K8sBackup.Agent.Hosting;

namespace K8sBackup.Agent.ControlPlaneFiles;

/// <summary>
/// The node's files by path relative to the host root. Only for discovery: it looks, reads manifests, and resolves links
/// as the node would, with "/" being the host root; captured files are read by the walker.
/// </summary>
internal sealed class HostFiles
{
    private readonly HostRoot _root;

    public HostFiles(HostRoot root) => _root = root;

    public bool Exists(string path) => _root.Resolve(path) is { } real && (File.Exists(real) || Directory.Exists(real) || IsLink(real));

    /// <summary>True for a directory that is no link.</summary>
    public bool IsDirectory(string path) => Directory.Exists(Absolute(path)) && !IsLink(Absolute(path));

    /// <summary>Names in a directory, sorted; empty when there is none.</summary>
    public IReadOnlyList<string> List(string path)
    {
        string? real = _root.Resolve(path);
        return real is not null && Directory.Exists(real)
            ? [.. Directory.EnumerateFileSystemEntries(real).Select(entry => Path.GetFileName(entry)).Order(StringComparer.Ordinal)]
            : [];
    }

    /// <exception cref="IOException">It cannot be read or is longer than allowed.</exception>
    public string ReadText(string path, long bytesMax)
    {
        string real = _root.Resolve(path) ?? throw new IOException("it leads nowhere");
        FileInfo file = new(real);
        // A fifo or device would block or never end, and has no length.
        return file.Exists && file.Length > 0 && file.Length <= bytesMax
            ? File.ReadAllText(real)
            : throw new IOException($"it is no file of 1 to {bytesMax} bytes");
    }

    /// <summary>The path, and where it or one of its directories is a link, also what the link leads to, relative to the host root.</summary>
    public IReadOnlyList<string> WithLinkTargets(string path)
    {
        List<string> links = [];
        string? real = _root.Resolve(path, links);
        return links.Count == 0 || real is null ? [path] : [.. links, _root.NodePath(real).TrimStart('/')];
    }

    private static bool IsLink(string path) => new FileInfo(path).LinkTarget is not null;

    private string Absolute(string path) => Path.Combine(_root.Path, path);
}
