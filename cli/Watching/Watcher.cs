using System.Runtime.CompilerServices;
using K8sBackup.Cli.Commands;
using K8sBackup.Cli.Output;

namespace K8sBackup.Cli.Watching;

/// <summary>Shows something to its end, as the output format asks.</summary>
internal static class Watcher
{
    /// <summary>Live on a terminal, lines otherwise, documents as they come; gives the last state.</summary>
    /// <returns>The last item, null when there was none.</returns>
    public static async Task<T?> ShowAsync<T>(
        CommandSession session,
        View<T> view,
        IAsyncEnumerable<T> items,
        Func<T, WatchFrame?> frameOf,
        CancellationToken cancellationToken)
        where T : class
    {
        T? last = null;
        if (session.Output.IsDocument)
        {
            await foreach (T item in items.WithCancellation(cancellationToken))
            {
                session.Output.Event(view, item);
                last = item;
            }

            return last;
        }

        async IAsyncEnumerable<WatchFrame> FramesAsync([EnumeratorCancellation] CancellationToken token)
        {
            await foreach (T item in items.WithCancellation(token))
            {
                last = item;
                if (frameOf(item) is { } frame)
                {
                    yield return frame;
                }
            }
        }

        IWatchDisplay display = session.Context.ErrorIsTerminal ? new LiveDisplay(session.Context) : new LineDisplay(session.Context);
        await display.ShowAsync(FramesAsync(cancellationToken), cancellationToken);
        return last;
    }
}
