using System.Text;
using K8sBackup.Agent.Hosting;
using K8sBackup.FileTree.Native;
using K8sBackup.Model.Outcomes;
using K8sBackup.Model.Trees;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.Agent.PodVolumes;

/// <summary>
/// The root directory of a kubelet, open. Its own path may lead over links of the node's administrators; below it no link is followed,
/// since pods have a say there.
/// </summary>
/// <param name="Handle">The open directory.</param>
/// <param name="NodePath">Its path on the node.</param>
internal sealed record KubeletDirectory(SafeFileHandle Handle, string NodePath) : IDisposable
{
    /// <summary>Opens the first of the roots that has the pod.</summary>
    /// <exception cref="BackupException">None has it.</exception>
    public static KubeletDirectory WithPod(HostRoot host, IReadOnlyList<string> roots, string pod)
    {
        foreach (string root in roots)
        {
            SafeFileHandle? handle = null;
            try
            {
                handle = DirectoryHandles.OpenRoot(host.Resolve(root) ?? root);
                DirectoryHandles.OpenBeneath(handle, Encoding.UTF8.GetBytes($"pods/{pod}")).Dispose();
                return new KubeletDirectory(handle, root);
            }
            catch (LinuxException)
            {
                handle?.Dispose();
            }
        }

        throw new BackupException(
            FailureCause.SourceMissing,
            roots.Count == 0
                ? "No kubelet's root directory was found on the node; name it by kubeletRoot in the agent's configuration."
                : $"The pod is not on the node, or not any more: there is no directory pods/{pod} below {string.Join(" or ", roots)}.");
    }

    /// <summary>Opens a directory below; null when it is not there.</summary>
    /// <exception cref="BackupException">It cannot be opened, or lies behind a link.</exception>
    public SafeFileHandle? Find(string path)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(path);
        if (!TreePath.IsValid(bytes))
        {
            throw new BackupException(FailureCause.InvalidRequest, $"'{path}' is no path below the kubelet's root.");
        }

        try
        {
            return DirectoryHandles.OpenBeneath(Handle, bytes);
        }
        catch (LinuxException e) when (e.IsGone)
        {
            return null;
        }
        catch (LinuxException e)
        {
            string hint = e.Error is Errno.TooManyLinks or Errno.NotDirectory ? " No link is followed there." : "";
            throw new BackupException(FailureCause.SourceUnreadable, $"{NodePath}/{path} cannot be opened: {e.Message}.{hint}", e);
        }
    }

    public void Dispose() => Handle.Dispose();
}
