using System.Runtime.InteropServices;

namespace K8sBackup.ObjectStore.Local;

/// <summary>Turns what the operating system says into the store's causes.</summary>
internal static class LocalErrors
{
    public static ObjectStoreException From(Exception exception, string operation, string name) => exception switch
    {
        ObjectStoreException known => known,
        FileNotFoundException or DirectoryNotFoundException => NotFound(operation, name, exception),
        UnauthorizedAccessException => new(ObjectStoreError.PermissionDenied, operation, name, "the directory refuses it", exception),
        // On Linux the runtime puts the error number of the system call into HResult.
        IOException io => FromNumber(io.HResult, operation, name, exception),
        _ => new(ObjectStoreError.Unspecified, operation, name, exception.Message, exception),
    };

    public static ObjectStoreException FromLastError(string operation, string name) =>
        FromNumber(Marshal.GetLastPInvokeError(), operation, name, null);

    /// <summary>An fsync failed. Where it is room that lacks, nothing else is in doubt.</summary>
    public static ObjectStoreException FromSync(int number, string operation, string name, Exception? inner = null) =>
        FromNumber(number, operation, name, inner) is { Error: not ObjectStoreError.Unavailable } known
            ? known
            : new ObjectStoreException(
                ObjectStoreError.NotDurable, operation, name, $"the disk did not keep it: {Marshal.GetPInvokeErrorMessage(number)}", inner);

    public static ObjectStoreException NotFound(string operation, string name, Exception? inner = null) =>
        new(ObjectStoreError.NotFound, operation, name, "no such object", inner);

    private static ObjectStoreException FromNumber(int number, string operation, string name, Exception? inner)
    {
        ObjectStoreError error = number switch
        {
            Libc.NoEntry => ObjectStoreError.NotFound,
            Libc.NoSpace or Libc.QuotaExceeded => ObjectStoreError.NoSpace,
            Libc.AccessDenied or Libc.PermissionError or Libc.ReadOnlyFileSystem => ObjectStoreError.PermissionDenied,
            Libc.NotDirectory or Libc.IsDirectory => ObjectStoreError.InvalidName,
            _ => ObjectStoreError.Unavailable,
        };
        return new ObjectStoreException(error, operation, name, Marshal.GetPInvokeErrorMessage(number), inner);
    }
}
