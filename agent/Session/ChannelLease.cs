using Grpc.Net.Client;

namespace K8sBackup.Agent.Session;

/// <summary>The right to use a channel; disposing gives it back.</summary>
internal sealed class ChannelLease : IDisposable
{
    private readonly Action _release;
    private bool _released;

    public ChannelLease(GrpcChannel channel, Action release)
    {
        Channel = channel;
        _release = release;
    }

    public GrpcChannel Channel { get; }

    public void Dispose()
    {
        if (!_released)
        {
            _released = true;
            _release();
        }
    }
}
