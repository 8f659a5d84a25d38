namespace K8sBackup.Agent.Hosting;

/// <summary>
/// The node's file system, which may be mounted elsewhere than at "/". Resolves paths as the node would: links, also
/// absolute ones, stay below the root. For places only the node's administrators can write; volumes, whose owners could
/// swap a directory for a link meanwhile, are opened by the file-tree library's own means.
/// </summary>
internal sealed class HostRoot
{
    private const int LinksMax = 32;

    private readonly string _root;

    public HostRoot(string root) => _root = root;

    public HostRoot(AgentOptions options)
        : this(options.HostRoot)
    {
    }

    /// <summary>The root's own path.</summary>
    public string Path => _root;

    /// <summary>Where the node's path is for this process; the last components need not exist. Null when links run in a circle.</summary>
    public string? Resolve(string nodePath) => Resolve(nodePath, []);

    /// <summary>As above; the links passed on the way are added to <paramref name="links"/>, relative to the root.</summary>
    public string? Resolve(string nodePath, List<string> links)
    {
        Stack<string> ahead = new(nodePath.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse());
        List<string> done = [];
        int followed = 0;
        while (ahead.TryPop(out string? next))
        {
            if (next == "..")
            {
                done.RemoveRange(Math.Max(0, done.Count - 1), Math.Min(done.Count, 1));
            }

            if (next is "." or "..")
            {
                continue;
            }

            done.Add(next);
            string here = string.Join('/', done);
            if (new FileInfo(Absolute(here)).LinkTarget is not { } target)
            {
                continue;
            }

            if (++followed > LinksMax)
            {
                return null;
            }

            links.Add(here);
            done.RemoveAt(done.Count - 1);
            if (target.StartsWith('/'))
            {
                done.Clear();
            }

            foreach (string component in target.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse())
            {
                ahead.Push(component);
            }
        }

        return Absolute(string.Join('/', done));
    }

    /// <summary>The node's name for a path below the root.</summary>
    public string NodePath(string path)
    {
        string relative = System.IO.Path.GetRelativePath(_root, path);
        return relative == "." ? "/" : "/" + relative;
    }

    private string Absolute(string relative) => System.IO.Path.Combine(_root, relative);
}
