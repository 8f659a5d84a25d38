using System.Runtime.CompilerServices;
using Grpc.Core;

namespace K8sBackup.Cli.Watching;

/// <summary>A watch that outlives a restart of the coordinator.</summary>
internal sealed class WatchStream<T>
    where T : class
{
    // A coordinator that restarts is back within seconds; a minute and a half covers a moved pod.
    private static readonly TimeSpan GiveUpAfter = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Func<CancellationToken, AsyncServerStreamingCall<T>> _open;
    private readonly TimeProvider _clock;

    public WatchStream(Func<CancellationToken, AsyncServerStreamingCall<T>> open, TimeProvider clock)
    {
        _open = open;
        _clock = clock;
    }

    /// <summary>
    /// Everything the stream gives, until the coordinator ends it. Lost connections are made again; after
    /// <see cref="GiveUpAfter"/> without a message the error is thrown. The first connection gets no second try.
    /// </summary>
    public async IAsyncEnumerable<T> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long lastMessage = _clock.GetTimestamp();
        bool everConnected = false;
        while (true)
        {
            using AsyncServerStreamingCall<T> call = _open(cancellationToken);
            while (true)
            {
                bool broken = false;
                bool more = false;
                try
                {
                    more = await call.ResponseStream.MoveNext(cancellationToken);
                }
                catch (RpcException e) when (e.StatusCode == StatusCode.Cancelled && cancellationToken.IsCancellationRequested)
                {
                    throw new OperationCanceledException("The watch was ended.", e, cancellationToken);
                }
                catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable && everConnected && _clock.GetElapsedTime(lastMessage) < GiveUpAfter)
                {
                    broken = true;
                }

                if (broken)
                {
                    break;
                }

                if (!more)
                {
                    yield break;
                }

                everConnected = true;
                lastMessage = _clock.GetTimestamp();
                yield return call.ResponseStream.Current;
            }

            await Task.Delay(Pause, _clock, cancellationToken);
        }
    }
}
