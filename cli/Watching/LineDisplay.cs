using K8sBackup.Cli.Terminal;

namespace K8sBackup.Cli.Watching;

/// <summary>Plain lines on standard error: one for each change of state, and one for each active row at an interval.</summary>
internal sealed class LineDisplay : IWatchDisplay
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly CliContext _context;
    private readonly Meters _meters;
    private readonly Dictionary<string, (string State, long Printed)> _rows = new(StringComparer.Ordinal);
    private string _state = "";

    public LineDisplay(CliContext context)
    {
        _context = context;
        _meters = new Meters(context.Clock);
    }

    public async Task ShowAsync(IAsyncEnumerable<WatchFrame> frames, CancellationToken cancellationToken)
    {
        await foreach (WatchFrame frame in frames.WithCancellation(cancellationToken))
        {
            if (frame.State != _state)
            {
                _state = frame.State;
                Print($"{frame.Title}: {frame.State}");
            }

            foreach (WatchRow row in frame.Rows)
            {
                Show(row);
            }
        }
    }

    private void Show(WatchRow row)
    {
        RateMeter meter = _meters.Update(row);
        long now = _context.Clock.GetTimestamp();
        bool known = _rows.TryGetValue(row.Name, out (string State, long Printed) last);
        bool changed = !known || last.State != row.State;
        bool due = row.IsActive && known && _context.Clock.GetElapsedTime(last.Printed, now) >= Interval;
        if (!changed && !due)
        {
            return;
        }

        _rows[row.Name] = (row.State, now);
        string[] parts =
        [
            RowText.State(row),
            RowText.Bytes(row.Progress),
            RowText.Files(row),
            RowText.Rate(row, meter),
            RowText.Remaining(row, meter),
            row.Problem,
        ];
        Print($"{row.Name}: {string.Join(", ", parts.Where(p => p.Length > 0))}");
    }

    private void Print(string line) => _context.Error.WriteLine(Printable.Text(line));
}
