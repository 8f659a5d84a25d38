using K8sBackup.Cli.Output;
using K8sBackup.Cli.Terminal;

namespace K8sBackup.Cli.Watching;

/// <summary>One line about a transfer on standard error: redrawn on a terminal, repeated at an interval otherwise.</summary>
internal sealed class TransferLine
{
    private static readonly TimeSpan TerminalInterval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan PlainInterval = TimeSpan.FromSeconds(5);

    private readonly CliContext _context;
    private readonly string _name;
    private readonly RateMeter _meter;
    private long _shownAt;
    private int _shownLength;

    public TransferLine(CliContext context, string name)
    {
        _context = context;
        _name = name;
        _meter = new RateMeter(context.Clock);
        _shownAt = context.Clock.GetTimestamp();
    }

    public void Update(long entries, long bytes)
    {
        long now = _context.Clock.GetTimestamp();
        if (_context.Clock.GetElapsedTime(_shownAt, now) < (_context.ErrorIsTerminal ? TerminalInterval : PlainInterval))
        {
            return;
        }

        _shownAt = now;
        _meter.Add(bytes);
        string rate = _meter.BytesPerSecond > 0 ? ", " + Human.Rate(_meter.BytesPerSecond) : "";
        string text = $"{_name}: {Human.Bytes(bytes)}, {Human.Count(entries)} entries{rate}";
        if (_context.ErrorIsTerminal)
        {
            _context.Error.Write("\r" + text.PadRight(_shownLength));
            _shownLength = text.Length;
        }
        else
        {
            _context.Error.WriteLine(text);
        }
    }

    /// <summary>Removes the line from the terminal.</summary>
    public void Clear()
    {
        if (_context.ErrorIsTerminal && _shownLength > 0)
        {
            _context.Error.Write("\r" + new string(' ', _shownLength) + "\r");
        }
    }
}
