using K8sBackup.Repository.Keys;

namespace K8sBackup.Coordinator.Hosting;

/// <summary>
/// Reads the key file at the start. It may come from anywhere that can be mounted, so it may come late, or the read may hang; either ends this start
/// with a message, gives the lease back to a coordinator that has its key, and is tried again by whoever runs the process.
/// </summary>
internal static class KeyFileReading
{
    private static readonly TimeSpan ReadMax = TimeSpan.FromSeconds(30);

    /// <exception cref="StartLaterException">It is not there, or cannot be read in time.</exception>
    /// <exception cref="KeyException">What is there is no key.</exception>
    public static async Task<KeyFile> ReadAsync(string path, TimeProvider clock, CancellationToken cancellationToken)
    {
        try
        {
            // Nothing else ends an open of a pipe that nobody writes to, or a read of a file system that hangs; the thread is left to it.
            return await Task.Run(() => KeyFile.Read(path), cancellationToken).WaitAsync(ReadMax, clock, cancellationToken);
        }
        catch (TimeoutException e)
        {
            throw new StartLaterException(
                $"The key file {path} could not be read within {ReadMax.TotalSeconds:0} s: it is a pipe nobody writes to, or on a file system that hangs.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartLaterException($"The key file {path} cannot be read, and nothing can be without it: {e.Message}", e);
        }
    }
}
