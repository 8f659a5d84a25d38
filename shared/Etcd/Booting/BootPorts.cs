namespace K8sBackup.Etcd.Booting;

/// <summary>Where a server under test listens.</summary>
/// <param name="Client">For clients.</param>
/// <param name="Peer">For other members, of which there are none.</param>
internal sealed record BootPorts(Uri Client, Uri Peer)
{
    public static BootPorts Of(int client, int peer) => new(Loopback(client), Loopback(peer));

    /// <summary>The address as etcd wants it: without the slash that an <see cref="Uri"/> ends in.</summary>
    public static string Text(Uri address) => address.GetLeftPart(UriPartial.Authority);

    private static Uri Loopback(int port) => new UriBuilder(Uri.UriSchemeHttps, "127.0.0.1", port).Uri;
}
