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
    /// <exception cref="OperationCanceledException">Cancelled; nothing more can be read.</exception>
    public async Task<UploadRequest?> NextAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        // A cancelled read would end the whole call without a status, and the agent could not know why. So the read goes
        // on by itself, and ends with the call.
        Task<bool> next = _requests.MoveNext(CancellationToken.None);
        try
        {
            bool arrived = next.IsCompletedSuccessfully ? next.Result : await next.WaitAsync(timeout, _clock, cancellationToken);
            return arrived ? _requests.Current : null;
        }
        catch (OperationCanceledException)
        {
            _ = next.ContinueWith(
                static ended => ended.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            throw;
        }
        catch (TimeoutException e)
        {
            throw new BackupException(FailureCause.TimedOut, $"The agent sent nothing for {timeout}.", e);
        }
    }
}
