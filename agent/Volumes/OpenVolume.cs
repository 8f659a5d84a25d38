using K8sBackup.FileTree.Native;
using K8sBackup.Model.Outcomes;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.Agent.Volumes;

/// <summary>The root directory of a volume, open.</summary>
/// <param name="Directory">The open directory.</param>
/// <param name="NodePath">Its path on the node, for people.</param>
internal sealed record OpenVolume(SafeFileHandle Directory, string NodePath) : IDisposable
{
    /// <summary>Its status when it was opened.</summary>
    public FileStatus Status { get; } = Metadata.Status(Directory);

    /// <summary>
    /// Null while this volume is still at its place; otherwise what is there. An unmounted volume looks like an empty one from some point on, and a
    /// detached one like one that nobody else changes.
    /// </summary>
    public string? WhyGone(IVolumePlace place)
    {
        try
        {
            using OpenVolume now = place.Open();
            return now.Status.IsSameObject(Status) && now.Status.Mount == Status.Mount ? null : $"Another volume is at {now.NodePath} by now.";
        }
        catch (BackupException e)
        {
            return e.Failure.Message;
        }
        catch (LinuxException e)
        {
            return e.Message;
        }
    }

    public void Dispose() => Directory.Dispose();
}
