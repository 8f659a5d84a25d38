namespace K8sBackup.Coordinator.Fleet;

/// <summary>A live session of a node, as others see it: something that can be ended for a newer one.</summary>
public sealed class AgentConnection : IDisposable
{
    private readonly CancellationTokenSource _superseded = new();

    public AgentConnection() => Superseded = _superseded.Token;

    /// <summary>Cancelled when a newer session of the same node has begun.</summary>
    public CancellationToken Superseded { get; }

    public void Supersede()
    {
        try
        {
            _superseded.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The older session ended by itself between being found and being told.
        }
    }

    public void Dispose() => _superseded.Dispose();
}
