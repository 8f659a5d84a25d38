using System.Globalization;
using System.Text;
using K8sBackup.Agent.Hosting;
using K8sBackup.FileTree.Native;
using K8sBackup.Model.Outcomes;
using K8sBackup.Model.Trees;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.Agent.Volumes;

/// <summary>
/// Opens directories below configured roots. A root itself may be reached through links of the node's administrators;
/// below it no link is followed, since a pod may have put it there.
/// </summary>
internal sealed class AllowedRoots
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly HostRoot _host;
    private readonly IReadOnlyList<string> _roots;

    public AllowedRoots(HostRoot host, IEnumerable<string> roots)
    {
        _host = host;
        _roots = [.. roots.OrderByDescending(root => root.Length)];
    }

    /// <summary>Opens the directory at a path of the node.</summary>
    /// <exception cref="BackupException">It is outside the roots, not there, no directory, or behind a link.</exception>
    public SafeFileHandle Open(string path)
    {
        (string root, byte[] below) = Split(path);
        try
        {
            string real = _host.Resolve(root) ?? throw new BackupException(FailureCause.SourceUnreadable, $"{root} leads in a circle of links.");
            using SafeFileHandle rootHandle = DirectoryHandles.OpenRoot(real);
            return DirectoryHandles.OpenBeneath(rootHandle, below);
        }
        catch (LinuxException e)
        {
            FailureCause cause = e.Error is Errno.NoEntry or Errno.NotDirectory ? FailureCause.SourceMissing : FailureCause.SourceUnreadable;
            string hint = e.Error == Errno.TooManyLinks ? " A link on the way is not followed." : "";
            throw new BackupException(cause, $"The directory {path} cannot be opened: {e.Message}.{hint}", e);
        }
    }

    /// <summary>Opens the directory at a path of the node; what is missing of it is made first, with mode 0700.</summary>
    /// <exception cref="BackupException">It is outside the roots, cannot be made, or is behind a link.</exception>
    public SafeFileHandle OpenOrCreate(string path)
    {
        (string root, byte[] below) = Split(path);
        SafeFileHandle? current = null;
        try
        {
            string real = _host.Resolve(root) ?? throw new BackupException(FailureCause.TargetUnusable, $"{root} leads in a circle of links.");
            Directory.CreateDirectory(real, OwnerOnly);
            current = DirectoryHandles.OpenRoot(real);
            foreach (string name in Encoding.UTF8.GetString(below).Split('/', StringSplitOptions.RemoveEmptyEntries))
            {
                using SafeFileHandle parent = current;
                // One name below a descriptor: nothing on the way can be swapped for a link.
                string child = string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{parent.DangerousGetHandle()}/{name}");
                if (!Path.Exists(child))
                {
                    Directory.CreateDirectory(child, OwnerOnly);
                }

                current = DirectoryHandles.OpenChild(parent, Encoding.UTF8.GetBytes(name));
            }

            return current;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            current?.Dispose();
            throw new BackupException(FailureCause.TargetUnusable, $"The directory {path} cannot be used: {e.Message}", e);
        }
    }

    /// <summary>The root a path lies in, and the path below it.</summary>
    /// <exception cref="BackupException">The path is malformed or outside all roots.</exception>
    public (string Root, byte[] Below) Split(string path)
    {
        string trimmed = path.TrimEnd('/');
        bool valid = path.StartsWith('/') && TreePath.IsValid(Encoding.UTF8.GetBytes(trimmed.TrimStart('/')));
        if (!valid)
        {
            throw new BackupException(FailureCause.InvalidRequest, $"'{path}' is not an absolute path without '.' and '..'.");
        }

        string? root = _roots.FirstOrDefault(r => trimmed == r.TrimEnd('/') || trimmed.StartsWith(r.TrimEnd('/') + "/", StringComparison.Ordinal));
        return root is null
            ? throw new BackupException(FailureCause.PermissionDenied, $"{path} lies in none of the directories this agent may use ({string.Join(", ", _roots)}).")
            : (root, Encoding.UTF8.GetBytes(trimmed[root.TrimEnd('/').Length..].TrimStart('/')));
    }
}
