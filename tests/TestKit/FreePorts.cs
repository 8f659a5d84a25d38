using System.Net;
using System.Net.Sockets;

namespace K8sBackup.TestKit;

/// <summary>Ports of loopback that nobody listens at.</summary>
public static class FreePorts
{
    /// <summary>Several; all are held until all are known, so that none is given twice.</summary>
    public static int[] Take(int count)
    {
        TcpListener[] listeners = [.. Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0))];
        try
        {
            return [.. listeners.Select(listener =>
            {
                listener.Start();
                return ((IPEndPoint)listener.LocalEndpoint).Port;
            })];
        }
        finally
        {
            Array.ForEach(listeners, listener => listener.Dispose());
        }
    }
}
