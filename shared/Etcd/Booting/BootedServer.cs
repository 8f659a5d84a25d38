using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using K8sBackup.Etcd.Client;

namespace K8sBackup.Etcd.Booting;

/// <summary>A real etcd under test. Killed, by its id, when disposed.</summary>
internal sealed class BootedServer : IAsyncDisposable
{
    private static readonly TimeSpan _pollInterval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan _endTimeout = TimeSpan.FromSeconds(10);

    private readonly Process _process;
    private readonly ServerLog _log;
    private readonly Task _draining;
    private readonly TimeProvider _time;

    private BootedServer(Process process, EtcdMemberClient client, TimeProvider time)
    {
        _process = process;
        _time = time;
        _log = new ServerLog();
        _draining = Task.WhenAll(_log.DrainAsync(process.StandardOutput.BaseStream), _log.DrainAsync(process.StandardError.BaseStream));
        Client = client;
    }

    /// <summary>Calls it.</summary>
    public EtcdMemberClient Client { get; }

    /// <summary>The end of what it printed.</summary>
    public string Log => _log.Text;

    public static async Task<BootedServer> StartAsync(EtcdBinary binary, ServerArguments arguments, BootNetwork network, TimeProvider time)
    {
        var start = new ProcessStartInfo(binary.Path, arguments.Words)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = arguments.DataDirectory,
        };
        start.Environment.Clear();
        foreach (var (name, value) in ServerArguments.Environment)
        {
            start.Environment[name] = value;
        }

        var endpoint = new EtcdEndpoint
        {
            Address = arguments.Ports.Client,
            AuthorityFile = arguments.Credentials.AuthorityFile,
            CertificateFile = arguments.Credentials.CertificateFile,
            KeyFile = arguments.Credentials.KeyFile,
        };
        var client = EtcdMemberClient.Create(endpoint, new EtcdClientOptions(), time, network.ConnectAsync);
        try
        {
            var process = await network.RunAsync(() => Process.Start(start)!).ConfigureAwait(false);
            process.StandardInput.Close();
            PreferToBeKilled(process.Id);
            return new BootedServer(process, client, time);
        }
        catch (Win32Exception e)
        {
            client.Dispose();
            throw new BootTestException(BootTestFault.BinaryUnusable, $"{binary.Path} does not start: {e.Message}", e);
        }
    }

    /// <summary>Waits until it answers reads as a leader.</summary>
    /// <exception cref="BootTestException">It ended, or did not serve in time.</exception>
    public async Task WaitUntilServingAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        var began = _time.GetTimestamp();
        while (true)
        {
            try
            {
                await Client.CountKeysAsync(cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (EtcdCallException e)
            {
                await ThrowIfEndedAsync().ConfigureAwait(false);
                if (_time.GetElapsedTime(began) > timeout)
                {
                    throw new BootTestException(BootTestFault.NotServing, $"etcd did not serve within {timeout.TotalSeconds:0} s: {e.Message}", e, Log);
                }
            }

            await Task.Delay(_pollInterval, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Does something with the server, and says what became of it when the server did not keep up.</summary>
    public async Task<T> GuardAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work().ConfigureAwait(false);
        }
        catch (EtcdCallException e)
        {
            await ThrowIfEndedAsync().ConfigureAwait(false);
            throw new BootTestException(BootTestFault.NotServing, $"etcd stopped answering: {e.Message}", e, Log);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        try
        {
            _process.Kill();
            await _process.WaitForExitAsync().WaitAsync(_endTimeout, _time).ConfigureAwait(false);
            await _draining.WaitAsync(_endTimeout, _time).ConfigureAwait(false);
        }
        catch (Exception e) when (e is InvalidOperationException or TimeoutException or IOException)
        {
            // It had ended, or hangs in the kernel; the next sweep finds what is left of it.
        }

        _process.Dispose();
    }

    // Where memory is short the kernel is to end the rehearsal, not the agent.
    private static void PreferToBeKilled(int id)
    {
        try
        {
            File.WriteAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/oom_score_adj"), "1000");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It ended at once, or the file is not there; nothing depends on it.
        }
    }

    private async Task ThrowIfEndedAsync()
    {
        if (_process.HasExited)
        {
            await _draining.WaitAsync(_endTimeout, _time).ConfigureAwait(false);
            throw new BootTestException(BootTestFault.ServerEnded, $"etcd ended with code {_process.ExitCode}", Log);
        }
    }
}
