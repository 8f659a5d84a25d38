using System.Net;
using System.Net.Sockets;

namespace K8sBackup.TestKit.ObjectGateways;

/// <summary>Free loopback ports of one Ceph.</summary>
internal sealed record CephPorts(int Monitor, int MonitorOld, int Http, int Https)
{
    public static CephPorts Take()
    {
        // All are held until all are known, so that none is given twice.
        TcpListener[] listeners = [.. Enumerable.Range(0, 4).Select(_ => new TcpListener(IPAddress.Loopback, 0))];
        try
        {
            int[] ports = [.. listeners.Select(l =>
            {
                l.Start();
                return ((IPEndPoint)l.LocalEndpoint).Port;
            })];
            return new CephPorts(ports[0], ports[1], ports[2], ports[3]);
        }
        finally
        {
            Array.ForEach(listeners, l => l.Dispose());
        }
    }
}
