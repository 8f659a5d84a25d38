using System.Net;
using System.Net.Sockets;

namespace K8sBackup.Agent.MemberSteps;

/// <summary>Whether somebody listens.</summary>
internal sealed class PortProbe
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    private readonly TimeProvider _clock;

    public PortProbe(TimeProvider clock) => _clock = clock;

    /// <summary>False only when the connection is refused: an address that does not answer is not known to be free.</summary>
    public async Task<bool> IsOpenAsync(DnsEndPoint place, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timeout = new(Timeout, _clock);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        using Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(place, either.Token);
            return true;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode is not (SocketError.ConnectionRefused or SocketError.HostNotFound or SocketError.AddressNotAvailable);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return true;
        }
    }
}
