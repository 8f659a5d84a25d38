using System.ComponentModel;
using System.Diagnostics;
using K8sBackup.Etcd.Snapshots;

namespace K8sBackup.Etcd.Booting;

/// <summary>An etcd program that runs here.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Version">Its version as far as data formats depend on it.</param>
/// <param name="VersionText">Its version in full, for example "3.5.21".</param>
/// <param name="Origin">Where it came from, for reports.</param>
public sealed record EtcdBinary(string Path, EtcdVersion Version, string VersionText, string Origin)
{
    private const int OutputCharsMax = 4096;
    private static readonly TimeSpan _timeout = TimeSpan.FromSeconds(15);

    /// <summary>Asks a program for its version.</summary>
    /// <exception cref="BootTestException">It does not run here, or is no etcd (<see cref="BootTestFault.BinaryUnusable"/>).</exception>
    public static async Task<EtcdBinary> ProbeAsync(string path, string origin, TimeProvider time, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var start = new ProcessStartInfo(path, ["--version"]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.Environment.Clear();
        foreach (var (name, value) in ServerArguments.Environment)
        {
            start.Environment[name] = value;
        }

        using var deadline = new CancellationTokenSource(_timeout, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            using var process = Process.Start(start)!;
            try
            {
                process.StandardInput.Close();
                var output = new char[OutputCharsMax];
                var length = await process.StandardOutput.ReadBlockAsync(output, stop.Token).ConfigureAwait(false);
                return Parse(path, origin, output.AsSpan(0, length));
            }
            finally
            {
                process.Kill();
                await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is Win32Exception or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new BootTestException(BootTestFault.BinaryUnusable, $"{path} ({origin}) does not run here: {e.Message}", e);
        }
    }

    private static EtcdBinary Parse(string path, string origin, ReadOnlySpan<char> output)
    {
        const string label = "etcd Version:";
        foreach (var line in output.EnumerateLines())
        {
            if (line.StartsWith(label, StringComparison.Ordinal))
            {
                var text = line[label.Length..].Trim().ToString();
                if (EtcdVersion.TryParse(text, out var version))
                {
                    return new EtcdBinary(path, version, text, origin);
                }
            }
        }

        throw new BootTestException(BootTestFault.BinaryUnusable, $"{path} ({origin}) does not name a version of etcd");
    }
}
