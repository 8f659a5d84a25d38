using K8sBackup.Cli.Connection;
using K8sBackup.Model.Processes;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.Cli.Terminal;

/// <summary>The process as commands see it, so that tests can put something else in its place.</summary>
internal sealed record CliContext
{
    // Terminals that do not say how wide they are say 0.
    private const int NarrowestColumns = 40;
    private const int UsualColumns = 80;

    public required TextWriter Out { get; init; }

    public required TextWriter Error { get; init; }

    public required TextReader In { get; init; }

    public bool InIsTerminal { get; init; }

    public bool OutIsTerminal { get; init; }

    public bool ErrorIsTerminal { get; init; }

    /// <summary>Width of the terminal on which progress is drawn.</summary>
    public int Columns { get; init; } = UsualColumns;

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    public Func<string, string?> Variable { get; init; } = Environment.GetEnvironmentVariable;

    /// <summary>Reads one line without showing it.</summary>
    public required Func<string?> ReadSecret { get; init; }

    /// <summary>Standard output for bytes.</summary>
    public required Func<Stream> OpenBinaryOut { get; init; }

    public Func<ClientConfig, TimeProvider, OperatorConnection> Connect { get; init; } = OperatorConnection.Open;

    public static CliContext ForProcess() => new()
    {
        Out = Console.Out,
        Error = Console.Error,
        In = Console.In,
        InIsTerminal = !Console.IsInputRedirected,
        OutIsTerminal = !Console.IsOutputRedirected,
        ErrorIsTerminal = !Console.IsErrorRedirected,
        Columns = !Console.IsErrorRedirected && Console.WindowWidth >= NarrowestColumns ? Console.WindowWidth : UsualColumns,
        ReadSecret = HiddenLine.Read,
        // Not Console.OpenStandardOutput: it hides a broken pipe, and a download nobody reads would run to its end.
        OpenBinaryOut = () => new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0),
        Connect = (config, clock) =>
        {
            // A command talks to the coordinator or to a store, never to both, and only stores may have certificates of public authorities.
            MachineTrust.LeaveOut();
            return OperatorConnection.Open(config, clock);
        },
    };
}
