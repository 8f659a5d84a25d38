using System.Net;
using System.Net.Sockets;

namespace K8sBackup.Demo.Cluster;

/// <summary>Ports for programs that must be told theirs.</summary>
internal static class FreePort
{
    /// <summary>A loopback port nobody listens on now.</summary>
    public static int Take()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
