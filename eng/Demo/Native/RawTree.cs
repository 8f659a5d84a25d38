using System.Text;

namespace K8sBackup.Demo.Native;

/// <summary>Removes trees with names that are no text, which .NET leaves behind.</summary>
internal static class RawTree
{
    /// <summary>Removes everything below a directory, and the directory too when asked. A directory that is not there is fine.</summary>
    public static void Empty(string directory, bool andItself)
    {
        if (Directory.Exists(directory))
        {
            Empty(Encoding.UTF8.GetBytes(directory), andItself);
        }
    }

    private static void Empty(byte[] directory, bool andItself)
    {
        foreach (byte[] name in Posix.List(directory))
        {
            byte[] path = [.. directory, (byte)'/', .. name];
            if (Posix.GetStat(path).IsDirectory)
            {
                Empty(path, andItself: true);
            }
            else
            {
                Posix.Remove(path);
            }
        }

        if (andItself)
        {
            Posix.Remove(directory);
        }
    }
}
