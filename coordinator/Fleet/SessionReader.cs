using Grpc.Core;
using K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Fleet;

/// <summary>Reads an agent's messages and gives up on one that says nothing for too long.</summary>
internal sealed class SessionReader
{
    private readonly IAsyncStreamReader<AgentMessage> _stream;
    private readonly TimeSpan _silence;
    private readonly TimeProvider _clock;

    public SessionReader(IAsyncStreamReader<AgentMessage> stream, TimeSpan silence, TimeProvider clock)
    {
        _stream = stream;
        _silence = silence;
        _clock = clock;
    }

    /// <summary>The next message; null when the agent has no more.</summary>
    /// <exception cref="RpcException">DEADLINE_EXCEEDED after the time of silence.</exception>
    public async Task<AgentMessage?> ReadAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource silence = new(_silence, _clock);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, cancellationToken);
        try
        {
            return await _stream.MoveNext(either.Token) ? _stream.Current : null;
        }
        catch (OperationCanceledException) when (silence.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.DeadlineExceeded, $"The agent said nothing for {_silence.TotalSeconds} s."));
        }
    }
}
