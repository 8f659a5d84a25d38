using System.Net;
using System.Net.Sockets;

namespace K8sBackup.TestKit.ControlPlane;

/// <summary>Where the components of a node listen.</summary>
internal sealed record NodePorts(int Client, int Peer, int ApiServer, int ControllerManager, int Scheduler)
{
    /// <summary>kubeadm's.</summary>
    public static NodePorts Usual { get; } = new(2379, 2380, 6443, 10257, 10259);

    /// <summary>Some that nobody uses on an address of this machine.</summary>
    public static NodePorts Free(string address) => new(Port(address), Port(address), Port(address), Port(address), Port(address));

    private static int Port(string address)
    {
        using TcpListener listener = new(IPAddress.Parse(address), 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
