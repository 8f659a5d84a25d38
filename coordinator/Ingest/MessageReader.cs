using Grpc.Core;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Ingest;

/// <summary>Reads an agent's messages, each within a time.</summary>
internal sealed class MessageReader
{
    private readonly IAsyncStreamReader<UploadRequest> _requests;
    private readonly TimeProvider _clock;

    public MessageReader(IAsyncStreamReader<UploadRequest> requests, TimeProvider clock)
    {
        _requests = requests;
        _clock = clock;
    }

    /// <summary>The next message, null when the agent ended its side.</summary>
    /// <exception cref="BackupException">Nothing came in time.</exception>
    public async Task<UploadRequest?> NextAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            Task<bool> next = _requests.MoveNext(cancellationToken);
            bool arrived = next.IsCompletedSuccessfully ? next.Result : await next.WaitAsync(timeout, _clock, cancellationToken);
            return arrived ? _requests.Current : null;
        }
        catch (TimeoutException e)
        {
            throw new BackupException(FailureCause.TimedOut, $"The agent sent nothing for {timeout}.", e);
        }
    }
}
