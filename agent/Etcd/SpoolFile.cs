using System.Globalization;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Agent.Etcd;

/// <summary>
/// One file in the spool directory without a name: whatever happens to the agent, its space is free again. Readers use
/// the descriptor, or a path that leads to it while this object lives.
/// </summary>
internal sealed class SpoolFile : IAsyncDisposable
{
    private SpoolFile(FileStream stream) => Stream = stream;

    public FileStream Stream { get; }

    /// <summary>A path to the nameless file, valid in this process.</summary>
    public string DescriptorPath => string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{Stream.SafeFileHandle.DangerousGetHandle()}");

    /// <exception cref="BackupException">The spool directory cannot be written.</exception>
    public static SpoolFile Create(string directory)
    {
        try
        {
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            string path = Path.Combine(directory, Path.GetRandomFileName());
            FileStream stream = new(path, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.ReadWrite,
                Share = FileShare.ReadWrite | FileShare.Delete,
                BufferSize = 0,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
            File.Delete(path);
            return new SpoolFile(stream);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BackupException(FailureCause.SpoolFull, $"The spool directory cannot be used: {e.Message}", e);
        }
    }

    public ValueTask DisposeAsync() => Stream.DisposeAsync();
}
