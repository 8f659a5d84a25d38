namespace Grpc.Core;

/// <summary>A stream of received messages. One reader at a time.</summary>
public interface IAsyncStreamReader<out T>
{
    /// <summary>The message last read.</summary>
    T Current { get; }

    /// <summary>Reads the next message; false at the end. A cancelled token cancels the whole call.</summary>
    Task<bool> MoveNext(CancellationToken cancellationToken);
}
