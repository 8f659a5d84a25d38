using K8sBackup.Cli.Output;
using K8sBackup.Cli.Terminal;
using Spectre.Console;

namespace K8sBackup.Cli.Watching;

/// <summary>A table on the terminal that is redrawn with every frame.</summary>
internal sealed class LiveDisplay : IWatchDisplay
{
    // More rows than a screen has lines cannot be redrawn in place.
    private const int RowsMax = 20;

    private readonly IAnsiConsole _console;
    private readonly Meters _meters;

    public LiveDisplay(CliContext context)
    {
        _console = Consoles.Create(context, context.Error, isTerminal: true, context.Columns);
        _meters = new Meters(context.Clock);
    }

    public Task ShowAsync(IAsyncEnumerable<WatchFrame> frames, CancellationToken cancellationToken) =>
        _console.Live(new Text("")).StartAsync(async live =>
        {
            await foreach (WatchFrame frame in frames.WithCancellation(cancellationToken))
            {
                live.UpdateTarget(Draw(frame));
            }
        });

    private Rows Draw(WatchFrame frame)
    {
        Table table = new() { Border = TableBorder.None, ShowHeaders = false };
        for (int column = 0; column < 6; column++)
        {
            table.AddColumn(new TableColumn("") { Padding = new Padding(0, 0, 2, 0), NoWrap = true });
        }

        // Every row feeds its meter; what is active is shown first when not all fit.
        (WatchRow Row, RateMeter Meter)[] rows = [.. frame.Rows.Select(row => (row, _meters.Update(row)))];
        foreach ((WatchRow row, RateMeter meter) in rows.OrderByDescending(r => rows.Length > RowsMax && r.Row.IsActive).Take(RowsMax))
        {
            table.AddRow(
                Plain(row.Name),
                Plain(RowText.State(row)),
                Plain(RowText.Bytes(row.Progress)),
                Plain(RowText.Files(row)),
                Plain(RowText.Rate(row, meter)),
                Plain(row.Problem.Length > 0 ? row.Problem : RowText.Remaining(row, meter)));
        }

        string more = rows.Length > RowsMax ? $"  ({rows.Length - RowsMax} more sources)" : "";
        return new Rows(Plain($"{frame.Title}: {frame.State}{more}"), table);
    }

    private static Text Plain(string text) => new(Printable.Text(text)) { Overflow = Overflow.Ellipsis };
}
