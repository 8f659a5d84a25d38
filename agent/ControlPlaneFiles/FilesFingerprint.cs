using System.Globalization;
using System.IO.Enumeration;
using System.Security.Cryptography;
using System.Text;
using K8sBackup.Agent.Hosting;

namespace K8sBackup.Agent.ControlPlaneFiles;

/// <summary>One value for the state of all files below /etc/kubernetes: names, kinds, sizes and times; contents are not read.</summary>
internal static class FilesFingerprint
{
    private const string Directory = "etc/kubernetes";

    // A node has some hundred files there. A tree of more is cut off: it is the schedule's to capture.
    private const int EntriesMax = 20_000;
    private const int DepthMax = 16;

    /// <summary>The value; empty when there is no such directory, or it cannot be looked at just now.</summary>
    public static string Take(HostRoot host)
    {
        string? root = host.Resolve(Directory);
        if (root is null || !System.IO.Directory.Exists(root))
        {
            return "";
        }

        try
        {
            EnumerationOptions options = new() { RecurseSubdirectories = true, AttributesToSkip = 0, MaxRecursionDepth = DepthMax, IgnoreInaccessible = true };
            FileSystemEnumerable<string> entries = new(root, Describe, options)
            {
                ShouldRecursePredicate = (ref FileSystemEntry entry) => !entry.Attributes.HasFlag(FileAttributes.ReparsePoint),
            };
            using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            foreach (string line in entries.Take(EntriesMax).Order(StringComparer.Ordinal))
            {
                hash.AppendData(Encoding.UTF8.GetBytes(line));
            }

            return Convert.ToHexStringLower(hash.GetHashAndReset());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static string Describe(ref FileSystemEntry entry) => string.Create(
        CultureInfo.InvariantCulture, $"{entry.ToFullPath()}\0{entry.Attributes}\0{entry.Length}\0{entry.LastWriteTimeUtc.Ticks}\n");
}
