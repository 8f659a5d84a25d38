namespace K8sBackup.TestKit.ObjectGateways;

/// <summary>Free loopback ports of one Ceph.</summary>
internal sealed record CephPorts(int Monitor, int MonitorOld, int Http, int Https)
{
    public static CephPorts Take()
    {
        int[] ports = FreePorts.Take(4);
        return new CephPorts(ports[0], ports[1], ports[2], ports[3]);
    }
}
