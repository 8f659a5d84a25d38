using System.Globalization;
using K8sBackup.Etcd.Discovery;

namespace K8sBackup.Etcd.Booting;

/// <summary>
/// Finds a program to rehearse with, best first: (1) the one the node's etcd runs, copied out of its container, so that the
/// rehearsal says what the restore will do and goes on to once that etcd is stopped; (2) one that is configured; (3) one on
/// the path.
/// </summary>
public sealed record EtcdBinaryFinder
{
    private const string ProgramName = "etcd";
    private const long ProgramBytesMax = 512L << 20;
    private const UnixFileMode Executable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly TimeProvider _time;

    /// <summary>Time is for the limit on asking a program for its version.</summary>
    public EtcdBinaryFinder(TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        _time = time;
    }

    /// <summary>Where processes are seen: the node's, for an agent that shares its process ids.</summary>
    public string ProcessDirectory { get; init; } = "/proc";

    /// <summary>A program of the administrator's choice; null for none.</summary>
    public string? ConfiguredPath { get; init; }

    /// <summary>Directories looked through last.</summary>
    public IReadOnlyList<string> SearchPath { get; init; } = ["/usr/local/bin", "/usr/bin", "/opt/bin"];

    /// <summary>Finds one that runs here.</summary>
    /// <param name="memberName">The node's member; a process with another <c>--name</c> is not its etcd. Null takes any.</param>
    /// <param name="copyTo">File to copy the running program to; kept by the caller for as long as the result is used.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <exception cref="BootTestException">None was found; the message names what was wrong with each (<see cref="BootTestFault.BinaryUnusable"/>).</exception>
    public async Task<EtcdBinary> FindAsync(string? memberName, string copyTo, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(copyTo);
        List<string> reasons = [];
        foreach (var (path, origin) in Candidates(memberName))
        {
            try
            {
                var program = origin.IsRunning ? Copy(path, copyTo) : path;
                return await EtcdBinary.ProbeAsync(program, origin.Name, _time, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is BootTestException or IOException or UnauthorizedAccessException)
            {
                reasons.Add(e.Message);
            }
        }

        File.Delete(copyTo);
        var found = reasons.Count == 0 ? "no etcd runs here, none is configured, and none is on the path" : string.Join("; ", reasons);
        throw new BootTestException(BootTestFault.BinaryUnusable, $"there is no etcd program to test with: {found}");
    }

    private IEnumerable<(string Path, (string Name, bool IsRunning) Origin)> Candidates(string? memberName)
    {
        foreach (var id in RunningServers(memberName))
        {
            yield return (Path.Combine(ProcessDirectory, id, "exe"), ($"running etcd, process {id}", true));
        }

        if (ConfiguredPath is { } configured)
        {
            yield return (configured, ("configured", false));
        }

        foreach (var path in SearchPath.Select(directory => Path.Combine(directory, ProgramName)).Where(File.Exists))
        {
            yield return (path, (path, false));
        }
    }

    private IEnumerable<string> RunningServers(string? memberName) => Directory.Exists(ProcessDirectory)
        ? Directory.EnumerateDirectories(ProcessDirectory)
            .Select(path => Path.GetFileName(path))
            .Where(name => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out _) && IsServer(name, memberName))
        : [];

    private bool IsServer(string id, string? memberName)
    {
        try
        {
            var words = File.ReadAllText(Path.Combine(ProcessDirectory, id, "cmdline")).Split('\0', StringSplitOptions.RemoveEmptyEntries);
            return words.Length > 0
                && Path.GetFileName(words[0]) == ProgramName
                && (memberName is null || EtcdFlags.Parse(words).GetValueOrDefault("name") == memberName);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It ended, or is none of ours to look at.
            return false;
        }
    }

    // The link leads to the program itself, whatever file system the process sees; etcd's is linked statically.
    private static string Copy(string program, string target)
    {
        using var from = new FileStream(program, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (from.Length > ProgramBytesMax)
        {
            throw new IOException($"{program} has {from.Length} bytes, which is no etcd");
        }

        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = Executable };
        using var to = new FileStream(target, options);
        from.CopyTo(to);
        return target;
    }
}
