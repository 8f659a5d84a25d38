using System.Runtime.InteropServices;
using K8sBackup.Cli.Failures;

namespace K8sBackup.Cli.Terminal;

/// <summary>SIGINT, SIGTERM and SIGHUP as a token. The first asks the command to stop; a second SIGINT ends the process at once.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly List<PosixSignalRegistration> _registrations = [];

    public StopSignals()
    {
        foreach (PosixSignal signal in (ReadOnlySpan<PosixSignal>)[PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP])
        {
            _registrations.Add(PosixSignalRegistration.Create(signal, Stop));
        }
    }

    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        _registrations.ForEach(registration => registration.Dispose());
        _source.Dispose();
    }

    private void Stop(PosixSignalContext signal)
    {
        signal.Cancel = true;
        if (_source.IsCancellationRequested && signal.Signal == PosixSignal.SIGINT)
        {
            Environment.Exit(ExitCodes.Cancelled);
        }

        _source.Cancel();
    }
}
