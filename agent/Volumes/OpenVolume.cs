using Microsoft.Win32.SafeHandles;

namespace K8sBackup.Agent.Volumes;

/// <summary>The root directory of a volume, open.</summary>
/// <param name="Directory">The open directory.</param>
/// <param name="NodePath">Its path on the node, for people.</param>
internal sealed record OpenVolume(SafeFileHandle Directory, string NodePath) : IDisposable
{
    public void Dispose() => Directory.Dispose();
}
